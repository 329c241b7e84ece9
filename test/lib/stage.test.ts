import { describe, expect, it } from 'vitest';
import { parseStage, readStage } from '../../lib/stage.ts';
import { stageJson } from '../support/synthesized.ts';

const withFields = (fields: object) => () => parseStage('dev', { ...stageJson, ...fields });

describe("a stage's configuration", () => {
  it('is read by its name', () => {
    expect(readStage('dev')).toMatchObject({ name: 'dev', allowedOrigins: ['https://app.acme.example'] });
    expect(readStage('local')).toMatchObject({ name: 'local' });
  });

  it('has one signing key and no callers unless it names some', () => {
    expect(withFields({})()).toMatchObject({ signingKeys: ['1'], callerRoleArns: [] });
  });

  it('sends no text messages unless it says from where; then 500 a day for each account, and to no country', () => {
    const originationArn = 'arn:aws:sms-voice:eu-central-1:111122223333:pool/pool-1';
    expect(withFields({})().sms).toBeUndefined();
    expect(withFields({ sms: { originationArn } })().sms).toEqual({
      originationArn,
      countries: [],
      perAccountDay: 500,
    });
    expect(withFields({ sms: { originationArn }, allowedOrigins: [] })).toThrow('sms.domain is needed');
  });

  it('that does not exist is named in the error', () => {
    expect(() => readStage('nowhere')).toThrow('stages/nowhere.json does not exist');
  });

  it.each(['', '../dev', 'Dev', 'a'.repeat(21)])('is refused under the name "%s"', (name) => {
    expect(() => readStage(name)).toThrow('The stage name');
  });

  it('with an unknown field is refused, and the error names the field', () => {
    expect(withFields({ alowedOrigins: [] })).toThrow('alowedOrigins');
  });

  it.each([
    'http://app.acme.example',
    'http://localhost:3000',
    'https://app.acme.example/',
    'https://app.acme.example/path',
    'https://*.acme.example',
    '*',
    'null',
  ])('with the origin %s is refused', (origin) => {
    expect(withFields({ allowedOrigins: [origin] })).toThrow('must be an exact https origin');
  });

  it('may allow http on the own machine only when it is the local stage', () => {
    const allowedOrigins = ['http://localhost:3000', 'http://127.0.0.1:4400'];
    expect(parseStage('local', { ...stageJson, allowedOrigins }).allowedOrigins).toEqual(allowedOrigins);
    expect(() => parseStage('local', { ...stageJson, allowedOrigins: ['http://acme.example'] })).toThrow(
      'must be an exact https origin',
    );
  });

  it.each([
    [{ mailFrom: 'Acme <security@acme.example>' }, 'mailFrom'],
    [{ issuerUrl: 'http://2fa.acme.example' }, 'issuerUrl'],
    [{ issuerUrl: 'https://2fa.acme.example/' }, 'issuerUrl'],
    [{ logRetentionDays: 31 }, 'logRetentionDays'],
    [{ settingsUrl: 'http://app.acme.example/settings' }, 'settingsUrl'],
    [{ mailsDir: '' }, 'mailsDir'],
    [{ account: '123' }, 'account'],
    [{ region: 'frankfurt' }, 'region'],
    [{ alarmTopicArn: 'alarms' }, 'alarmTopicArn'],
    [{ signingKeys: [] }, 'signingKeys'],
    [{ sms: {} }, 'sms.originationArn'],
    [{ sms: { originationArn: 'arn:aws:sns:eu-central-1:111122223333:topic' } }, 'no origination identity'],
    [{ sms: { countries: ['de'] } }, 'is not a country code'],
    [{ signingKeys: ['1', '1'] }, 'must not name a key twice'],
  ])('with %j is refused', (fields, words) => {
    expect(withFields(fields)).toThrow(words);
  });
});
