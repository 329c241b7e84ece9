import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reservedFor } from '../../lib/room.ts';
import { parseProps, parseStage, readStage, StageError } from '../../lib/stage.ts';
import { stageFields } from '../../lib/stage-fields.ts';
import { stageJson } from '../support/synthesized.ts';

const withFields = (fields: object) => () => parseStage('dev', { ...stageJson, ...fields });

/** Values that each field refuses, and the words of the message. A field without an example here fails a test below. */
const refused: Record<string, [unknown, string][]> = {
  productName: [
    [7, 'must be text'],
    ['  ', 'must not be empty'],
    ['A\nB', 'must be one line'],
    ['\ud800', 'must be one line'],
    ['é'.repeat(31), 'must have at most 60 bytes'],
  ],
  mailFrom: [['Acme <security@acme.example>', 'must be a bare address']],
  mailIdentity: [['', 'must not be empty']],
  mailsPerSecond: [[0, 'must be a whole number from 1 to 1000']],
  eventBusName: [['a bus', 'is not the name of an event bus']],
  audience: [['', 'must not be empty']],
  allowedOrigins: [
    ['https://app.acme.example', 'must be a list of origins'],
    ...[
      'http://app.acme.example',
      'http://localhost:3000',
      'https://app.acme.example/',
      'https://app.acme.example/path',
      'https://*.acme.example',
      '*',
      'null',
    ].map((origin): [unknown, string] => [[origin], 'must be an exact https origin']),
  ],
  allowedHeaders: [[['X-Trace'], 'is not the name of a header in lower case']],
  returnOrigins: [[['https://app.acme.example/back'], 'must be an exact https origin']],
  passkeys: [
    [{ rpId: 'acme.example', origins: [] }, 'must name an origin'],
    [{ rpId: '127.0.0.1', origins: ['https://app.acme.example'] }, 'is not a domain'],
    [{ rpId: 'app.acme.example', origins: ['https://acme.example'] }, 'of every origin'],
    [{ rpId: 'cme.example', origins: ['https://app.acme.example'] }, 'of every origin'],
  ],
  domain: [
    [
      {
        name: 'https://2fa.acme.example',
        certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1',
      },
      'is not a domain',
    ],
    [
      { name: '2fa.acme.example', certificateArn: 'arn:aws:iam::111122223333:role/x' },
      'is not the ARN of a certificate',
    ],
  ],
  disableExecuteApiEndpoint: [
    ['yes', 'must be true or false'],
    [true, 'it needs a domain'],
  ],
  issuerUrl: [
    ['http://2fa.acme.example', 'must be an exact https origin'],
    ['https://2fa.acme.example/', 'must be an exact https origin'],
    ['https://2fa.acme.example/path', 'must be an exact https origin'],
    ['https://2fa.acme.example?x', 'must be an exact https origin'],
    ['https://me@2fa.acme.example', 'must be an exact https origin'],
  ],
  supportContact: [['', 'must not be empty']],
  settingsUrl: [['http://app.acme.example/settings', 'must be an https URL']],
  defaultPolicy: [
    [{ mode: 'sometimes' }, 'defaultPolicy.mode'],
    [{ methods: [] }, 'defaultPolicy.methods'],
    [{ requiered: true }, 'requiered'],
    [{ mode: 'required', requiredFrom: '2030-01-01T00:00:00Z' }, 'is a matter of each account'],
  ],
  front: [
    [{ domain: 'no domain' }, 'front.domain'],
    [{ secretName: 'a b' }, 'is not the name of a secret'],
    [{ secretSha256: 'AB' }, 'must be 64 hexadecimal digits'],
    [{ requestsPerFiveMinutes: 9 }, 'front.requestsPerFiveMinutes'],
  ],
  auditSignIns: [['false', 'must be true or false']],
  auditDays: [[{ signIns: 0 }, 'must be a whole number from 1 to 3650']],
  keyCustody: [['hsm', 'must be "kms" or "cached"']],
  alsoOpens: [['kms', 'not the one that it has']],
  imports: [['yes', 'must be true or false']],
  sms: [
    [{}, 'sms.originationArn'],
    [{ originationArn: 'arn:aws:sns:eu-central-1:111122223333:topic' }, 'no origination identity'],
    [{ countries: ['de'] }, 'is not a country code'],
  ],
  callerRoleArns: [
    [['arn:aws:iam::111122223333:user/somebody'], 'is not the ARN of a role'],
    [['arn:aws:iam::111122223333:root'], 'is not the ARN of a role'],
    [['*'], 'is not the ARN of a role'],
  ],
  operatorRoleArns: [[['arn:aws:sts::111122223333:assumed-role/x/y'], 'is not the ARN of a role']],
  throttles: [
    [{ 'verify-chalenge': { rate: 1, burst: 1 } }, 'names a route that there is not'],
    [{ 'verify-challenge': { rate: 0, burst: 1 } }, 'must be a whole number'],
  ],
  accountConcurrency: [[10, 'must be a whole number from 250']],
  signingKeys: [
    [[], 'must be 1 to 20 letters and digits'],
    [['1', '1'], 'must not name a key twice'],
    [['a b'], 'must be 1 to 20 letters and digits'],
  ],
  tableName: [['a table', 'is not the name of a table']],
  logRetentionDays: [[31, 'must be a number of days that CloudWatch has']],
  alarmTopicArn: [['alarms', 'is not the ARN of a topic']],
  region: [['frankfurt', 'is not an AWS region']],
  account: [['123', 'must have 12 digits']],
  mailsDir: [['', 'must not be empty']],
};

describe("a stage's configuration", () => {
  it('is read by its name', () => {
    expect(readStage('dev')).toMatchObject({ name: 'dev', allowedOrigins: ['https://app.acme.example'] });
    expect(readStage('local')).toMatchObject({ name: 'local' });
  });

  it('has one signing key, no callers, no imports and the strictest custody unless it says otherwise', () => {
    expect(withFields({})()).toMatchObject({
      signingKeys: ['1'],
      callerRoleArns: [],
      operatorRoleArns: [],
      imports: false,
      keyCustody: 'kms',
      auditSignIns: true,
      auditDays: { signIns: 90, changes: 400 },
      throttles: {},
    });
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
    expect(() => parseProps({ ...stageJson, stage: name }, 'Stack/TwoFactor')).toThrow(StageError);
  });

  it('with an unknown field is refused, and the error names the field', () => {
    expect(withFields({ alowedOrigins: [] })).toThrow('alowedOrigins');
  });

  it('refuses each field that is not valid, by its name', () => {
    const known = Object.keys({
      ...stageFields(false),
      defaultPolicy: 0,
      region: 0,
      account: 0,
      mailsDir: 0,
    });
    expect(Object.keys(refused).sort()).toEqual(known.sort());
  });

  it.each(
    Object.entries(refused).flatMap(([field, cases]) => cases.map(([value, words]) => [field, value, words])),
  )('with %s %j is refused', (field, value, words) => {
    const parse = withFields({ [field as string]: value });
    expect(parse).toThrow(StageError);
    expect(parse).toThrow(field as string);
    expect(parse).toThrow(words as string);
  });

  it('may allow http on the own machine only when it is the local stage', () => {
    const allowedOrigins = ['http://localhost:3000', 'http://127.0.0.1:4400'];
    expect(parseStage('local', { ...stageJson, allowedOrigins }).allowedOrigins).toEqual(allowedOrigins);
    expect(withFields({ allowedOrigins })).toThrow('must be an exact https origin');
    expect(() => parseStage('local', { ...stageJson, allowedOrigins: ['http://acme.example'] })).toThrow(
      'must be an exact https origin',
    );
  });

  it('takes text in any script, emoji joined to one included', () => {
    expect(withFields({ productName: ' アクメ 👩‍💻 ' })().productName).toBe('アクメ 👩‍💻');
  });

  it('binds passkeys to the domain of every origin, the hosted prompt included', () => {
    const passkeys = { rpId: 'acme.example', origins: ['https://acme.example', 'https://app.acme.example'] };
    const certificateArn = 'arn:aws:acm:eu-central-1:111122223333:certificate/1';
    const returnOrigins = ['https://app.acme.example'];
    expect(withFields({ passkeys })().passkeys).toEqual(passkeys);
    expect(withFields({ passkeys, returnOrigins })).toThrow("the API's own domain");
    expect(
      withFields({ passkeys, returnOrigins, domain: { name: '2fa.other.example', certificateArn } }),
    ).toThrow("the API's own domain");
    expect(
      withFields({ passkeys, returnOrigins, domain: { name: '2fa.acme.example', certificateArn } })()
        .passkeys,
    ).toEqual(passkeys);
  });

  it('gives nobody the rights of the app and of the operator', () => {
    const arn = 'arn:aws:iam::111122223333:role/both';
    expect(withFields({ callerRoleArns: [arn], operatorRoleArns: [arn] })).toThrow(
      'must not name a role of callerRoleArns',
    );
  });
});

describe('the deploy guide', () => {
  const guide = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  const cells = [...guide.matchAll(/^\| (`.+?`) +\|/gm)].map(([, cell]) => cell as string);

  it('says what every field is', () => {
    const documented = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(documented).toEqual(expect.arrayContaining(Object.keys(refused)));
  });

  it('has the shares of concurrent functions that the stack reserves', () => {
    for (const [, name, percent] of guide.matchAll(/^\| `([a-z-]+)` +\| (\d+) % +\|$/gm)) {
      expect([name, reservedFor(name as 'jwks', 1000)]).toEqual([name, Number(percent) * 10]);
    }
    expect(guide.match(/^\| `[a-z-]+` +\| \d+ % +\|$/gm)).toHaveLength(6);
  });
});
