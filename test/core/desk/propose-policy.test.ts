import { describe, expect, it } from 'vitest';
import { applyPolicy } from '../../../lambdas/core/desk/confirm-policy.ts';
import { type PolicyEdit, proposePolicy } from '../../../lambdas/core/desk/propose-policy.ts';
import type { User } from '../../../lambdas/core/state/item.ts';
import { defaultPolicy, type Policy } from '../../../lambdas/core/state/policy.ts';
import {
  accountWith,
  batchOf,
  contextAt,
  day,
  newsOf,
  now,
  recoveryCodesOf,
  settled,
  someAuthenticator,
  userWith,
} from '../../support/world.ts';

const token = { accountId: 'acme', userId: 'ada', role: 'admin' as const, reauthenticatedAtMs: now };
/** With a recovery code as the proof, for an admin who has two-factor on. */
const proof = { method: 'recovery_code' as const, code: recoveryCodesOf(1)[0] as string };
const propose = (before: Partial<Policy>, edit: PolicyEdit, user: Partial<User> = {}, account = {}) =>
  settled((ports) =>
    proposePolicy(
      {
        user: userWith({ recoveryCodes: batchOf(recoveryCodesOf(1)), ...user }),
        account: accountWith(before, account),
      },
      { token, edit, proof, defaults: defaultPolicy },
      ports,
      contextAt(),
    ),
  );
const policyAfter = async (before: Partial<Policy>, edit: PolicyEdit) =>
  (await propose(before, edit)).save?.pendingPolicyChange?.policy;
const required = { mode: 'required' } as const;

describe('what a proposal becomes', () => {
  const edits: [string, Partial<Policy>, PolicyEdit, Partial<Policy>][] = [
    ['nothing named', { federated: 'challenge' }, {}, { federated: 'challenge', mode: 'optional' }],
    [
      'one thing named',
      {},
      { strictWindow: true },
      { strictWindow: true, methods: ['passkey', 'totp', 'email'] },
    ],
    ['a date', {}, { ...required, requiredFromMs: now + day }, { ...required, requiredFromMs: now + day }],
    ['a date kept', { ...required, requiredFromMs: now }, { strictWindow: true }, { requiredFromMs: now }],
  ];
  it.each(edits)('R40 %s', async (_name, before, edit, after) => {
    expect(await policyAfter(before, edit)).toMatchObject(after);
  });

  it.each([
    ['taken away', { ...required, requiredFromMs: now }, { requiredFromMs: null }],
    ['without a requirement', {}, { requiredFromMs: now + day }],
    ['of a requirement that goes', { ...required, requiredFromMs: now }, { mode: 'optional' }],
  ] as [string, Partial<Policy>, PolicyEdit][])('R78 no date: %s', async (_name, before, edit) => {
    expect(await policyAfter(before, edit)).not.toHaveProperty('requiredFromMs');
  });

  it('R42 nothing but the proposal and its code is saved, and nobody is told', async () => {
    const { save, asked } = await propose({}, required);
    expect(asked).toEqual(['fresh.sixDigits', 'seal.macs']);
    expect(newsOf(save)).toEqual([]);
    expect(save?.pendingPolicyChange).toMatchObject({ baseVersion: 1, expiresAtMs: now + 600_000 });
  });
});

describe('what a policy may not be', () => {
  const shut: Partial<Policy> = { mode: 'required', methods: ['totp'], bootstrap: 'none' };
  const refusals: [string, PolicyEdit, Partial<User>, object, string | undefined][] = [
    ['R23 SMS before the operator activated it', { methods: ['sms', 'totp'] }, {}, {}, 'request_invalid'],
    ['R23 SMS afterwards', { methods: ['sms', 'totp'] }, {}, { smsEnabled: true }, undefined],
    ['R35 what shuts out the admin', shut, {}, {}, 'forbidden'],
    ['R35 the same, enrolled', shut, { authenticators: [someAuthenticator] }, {}, undefined],
    ['R35 the same, by the mailbox', { ...shut, bootstrap: 'email' }, {}, {}, undefined],
    ['R35 the same, by codes', { ...shut, methods: ['email'] }, {}, {}, undefined],
    ['R35 the same, optional', { ...shut, mode: 'optional' }, {}, {}, undefined],
  ];
  it.each(refusals)('%s', async (_name, edit, user, account, refused) => {
    const { answer } = await propose({}, edit, user, account);
    expect((answer as { refused?: string }).refused).toBe(refused);
  });
});

describe('R44 R45 S74 what is warned of', () => {
  const dated = { ...required, requiredFromMs: now + day };
  const warnings: [string, Partial<Policy>, PolicyEdit, RegExp | undefined][] = [
    ['required to optional', required, { mode: 'optional' }, /first factor alone/],
    ['required soon to optional', dated, { mode: 'optional' }, /first factor alone/],
    ['required to required later', required, { requiredFromMs: now + 1 }, /first factor alone/],
    ['required to required since', required, { requiredFromMs: now }, undefined],
    ['one method less', {}, { methods: ['email'] }, /totp/],
    ['one for another', { methods: ['totp'] }, { methods: ['email'] }, /totp/],
    ['one more', { methods: ['totp'] }, { methods: ['email', 'totp'] }, undefined],
    ['optional to required', {}, required, undefined],
    ['optional as before', {}, { mode: 'optional' }, undefined],
    ['devices on', {}, { rememberDevice: { allowed: true, days: 30 } }, /remembered device .* 30 days/],
    [
      'devices off',
      { rememberDevice: { allowed: true, days: 30 } },
      { rememberDevice: { allowed: false, days: 30 } },
      undefined,
    ],
    ['bypass on', { ...required }, { federated: 'bypass' }, /another provider pass/],
    ['bypass kept under a new requirement', { federated: 'bypass' }, required, /another provider pass/],
    ['the password alone', {}, { sensitiveActions: 'password' }, /knows a password/],
    ['no mailbox first', {}, { bootstrap: 'none' }, /without access to the mailbox/],
  ];
  it.each(warnings)('%s', async (_name, before, edit, warning) => {
    const { warnings } = (await propose(before, edit)).answer;
    const said = warnings.map(({ detail }: { detail: string }) => detail).join(' ');
    expect(warning === undefined ? said === '' : warning.test(said)).toBe(true);
  });
});

describe('putting a policy in force', () => {
  const apply = (before: Partial<Policy>, after: Partial<Policy>, baseVersion = 1) =>
    applyPolicy(accountWith(before), { policy: accountWith(after).policy, baseVersion }, contextAt());

  it('S43 only on the version that it was proposed on', () => {
    expect(apply({}, required, 2)).toEqual({
      answer: expect.objectContaining({ refused: 'policy_version_conflict' }),
    });
    expect(apply({}, required).save).toMatchObject({ policyVersion: 2, policy: required });
  });

  const trust = (allowed: boolean, days: number) => ({ rememberDevice: { allowed, days } });
  it.each([
    ['off', trust(true, 30), trust(false, 30), now],
    ['shorter', trust(true, 30), trust(true, 29), now],
    ['as long', trust(true, 30), trust(true, 30), undefined],
    ['longer', trust(true, 30), trust(true, 31), undefined],
    ['on', trust(false, 30), trust(true, 7), undefined],
  ])('S39 devices trusted before it end where trust is turned %s', (_name, before, after, endedAtMs) => {
    expect(apply(before, after).save?.trustEndedAtMs).toBe(endedAtMs);
  });
});
