import { describe, expect, it } from 'vitest';
import {
  decideStopSms,
  looksPumped,
  smsDayIsFull,
  smsRefusal,
} from '../../../lambdas/core/factors/sms-rules.ts';
import { accountWith, contextAt, day, minute, now } from '../../support/world.ts';

const hour = 60 * minute;
const texting = (countries: string[], nowMs = now) => ({ ...contextAt(nowMs), sms: { countries } });

describe('where text messages may go', () => {
  it.each([
    ['the deployment’s list has the country', ['CH'], undefined, undefined],
    ['no list has it', ['US'], undefined, 'method_not_allowed'],
    ['there is no list', [], undefined, 'method_not_allowed'],
    ['the account’s own list has it', [], ['CH'], undefined],
    ['the account’s own list has it not', ['CH'], ['US'], 'method_not_allowed'],
    ['the account’s own list is empty', ['CH'], [], 'method_not_allowed'],
  ])('S32 %s', (_, countries, smsCountries, refused) => {
    const account = accountWith({}, smsCountries ? { smsCountries } : {});
    expect(smsRefusal(account, 'CH', texting(countries))?.refused).toBe(refused);
  });

  it('R23 nowhere, where the deployment sends none', () => {
    const account = accountWith({}, { smsCountries: ['CH'] });
    expect(smsRefusal(account, 'CH', contextAt())?.refused).toBe('method_not_allowed');
  });

  it('S32 nowhere while they are stopped, to the millisecond', () => {
    const account = accountWith({}, { smsStoppedUntilMs: now });
    expect(smsRefusal(account, 'CH', texting(['CH'], now - 1))).toMatchObject({
      refused: 'too_many_codes',
      retryAtMs: now,
    });
    expect(smsRefusal(account, 'CH', texting(['CH'], now))).toBeUndefined();
  });
});

describe('codes that nobody uses', () => {
  it.each([
    [{ sent: 19, used: 0 }, 500, false],
    [{ sent: 20, used: 0 }, 500, true],
    [{ sent: 20, used: 3 }, 500, true],
    [{ sent: 20, used: 4 }, 500, false],
    [{ sent: 100, used: 19 }, 500, true],
    [{ sent: 100, used: 20 }, 500, false],
    [{ sent: 20, used: 0 }, 10, true],
    [{ sent: 399, used: 0 }, 10_000, false],
    [{ sent: 400, used: 0 }, 10_000, true],
  ])('S32 %o of at most %i a day: stops %s', (lastHour, perAccountDay, stops) => {
    expect(looksPumped(lastHour, perAccountDay)).toBe(stops);
  });

  it('S32 the stop lasts an hour and is one write with its event; a second one changes nothing', () => {
    const { save, answer } = decideStopSms(accountWith(), { sent: 20, used: 1 }, texting(['CH']));
    expect(answer).toMatchObject({ refused: 'too_many_codes', retryAtMs: now + hour });
    expect(save?.smsStoppedUntilMs).toBe(now + hour);
    expect(save?.outbox).toMatchObject([
      { type: 'sms_stopped', actor: { kind: 'system' }, detail: { sent: '20', used: '1' } },
    ]);
    const again = decideStopSms(save ?? accountWith(), { sent: 20, used: 1 }, texting(['CH'], now + minute));
    expect(again.save).toBeUndefined();
    expect(again.answer.retryAtMs).toBe(now + hour);
  });

  it('S32 a day that is full ends at midnight, UTC', () => {
    expect(smsDayIsFull(3 * day).retryAtMs).toBe(4 * day);
    expect(smsDayIsFull(4 * day - 1).retryAtMs).toBe(4 * day);
  });
});
