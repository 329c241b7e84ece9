import { describe, expect, it } from 'vitest';
import { type CreateChallenge, createChallenge } from '../../../lambdas/core/sign-in/create-challenge.ts';
import type { User } from '../../../lambdas/core/state/item.ts';
import type { Policy } from '../../../lambdas/core/state/policy.ts';
import {
  accountWith,
  batchOf,
  contextAt,
  minute,
  now,
  recoveryCodesOf,
  settled,
  someAuthenticator,
  userWith,
} from '../../support/world.ts';

const command = (method: CreateChallenge['firstFactor']['method'], amr?: string[]): CreateChallenge => ({
  accountId: 'acme',
  user: { id: 'ada', email: 'ada@example.com' },
  firstFactor: { method, ...(amr ? { amr } : {}) },
});
const decide = (user: User | undefined, policy: Partial<Policy>, by: CreateChallenge) =>
  settled((ports) => createChallenge({ user, account: accountWith(policy) }, by, ports, contextAt()));

const enrolled = { authenticators: [someAuthenticator] };
const byMail = { emailMethod: { enabledAtMs: now } };
const wasReset = { enrollmentRequired: true };
const required = { mode: 'required' } as const;

/** What the user has, the policy, the first factor -> what follows. */
const table: [string, Partial<User>, Partial<Policy>, CreateChallenge, string][] = [
  ['R1 nothing on', {}, {}, command('password'), 'passed none'],
  ['R56 authenticator on', enrolled, {}, command('password'), 'challenge totp'],
  ['R56 by e-mail link', enrolled, {}, command('email_link'), 'challenge totp'],
  ['R57 federated, bypass', enrolled, {}, command('federated'), 'passed none'],
  ['R57 federated, challenge', enrolled, { federated: 'challenge' }, command('federated'), 'challenge totp'],
  [
    'R79 provider proved no MFA',
    enrolled,
    { federated: 'challenge_unless_mfa' },
    command('federated'),
    'challenge totp',
  ],
  [
    'R79 provider says pwd',
    enrolled,
    { federated: 'challenge_unless_mfa' },
    command('federated', ['pwd']),
    'challenge totp',
  ],
  [
    'R79 provider proved MFA',
    enrolled,
    { federated: 'challenge_unless_mfa' },
    command('federated', ['mfa']),
    'passed none',
  ],
  [
    'R79 a password cannot claim MFA',
    enrolled,
    { federated: 'challenge_unless_mfa' },
    command('password', ['mfa']),
    'challenge totp',
  ],
  ['R60 API key', enrolled, required, command('api_key'), 'passed none'],
  ['R60 API key after a reset', wasReset, required, command('api_key'), 'passed none'],
  ['R12 required, nothing on', {}, required, command('password'), 'challenge email'],
  ['R36 required, no mail', {}, { ...required, methods: ['totp'] }, command('password'), 'bootstrap totp'],
  [
    'R36 required, no mail, no bootstrap',
    {},
    { ...required, methods: ['totp'], bootstrap: 'none' },
    command('password'),
    'enroll totp',
  ],
  ['R36 required, by e-mail link', {}, required, command('email_link'), 'enroll totp'],
  [
    'R57 required, federated bypass',
    {},
    { ...required, federated: 'bypass' },
    command('federated'),
    'passed none',
  ],
  ['S81 required, federated unset', {}, required, command('federated'), 'challenge email'],
  [
    'S81 required, federated unset, the provider proved MFA',
    {},
    required,
    command('federated', ['mfa']),
    'passed none',
  ],
  [
    'S81 required later, federated unset',
    {},
    { ...required, requiredFromMs: now + 1 },
    command('federated'),
    'passed none',
  ],
  [
    'R57 required, federated challenge',
    {},
    { ...required, federated: 'challenge' },
    command('federated'),
    'challenge email',
  ],
  ['R51 after a reset', wasReset, {}, command('password'), 'bootstrap totp'],
  [
    'R51 after a reset, whatever the policy trusts',
    wasReset,
    { bootstrap: 'none' },
    command('password'),
    'bootstrap totp',
  ],
  ['R51 after a reset, required', wasReset, required, command('password'), 'bootstrap totp'],
  ['R51 after a reset, mail only', wasReset, { methods: ['email'] }, command('password'), 'challenge email'],
  ['R51 after a reset, by e-mail link', wasReset, {}, command('email_link'), 'enroll totp'],
  [
    'S74 on by a method no longer allowed: that one first',
    byMail,
    { methods: ['totp'] },
    command('password'),
    'challenge email',
  ],
  [
    'S74 an authenticator, and email alone allowed',
    enrolled,
    { ...required, methods: ['email'] },
    command('password'),
    'challenge totp',
  ],
  [
    'R61 exempt',
    { ...enrolled, exemption: { untilMs: now + 1, reason: 'x' } },
    required,
    command('password'),
    'passed exempt',
  ],
  [
    'R61 exempt until now',
    { ...enrolled, exemption: { untilMs: now, reason: 'x' } },
    required,
    command('password'),
    'challenge totp',
  ],
];

// biome-ignore lint/suspicious/noExplicitAny: reads an answer of three shapes
function said(answer: any): string {
  if (answer.status === 'passed') {
    return `passed ${answer.secondFactor}`;
  }
  const methods = answer.methods.map(({ method }: { method: string }) => method).join(' ');
  if (answer.status === 'challenge') {
    return `challenge ${methods}`;
  }
  return `${answer.bootstrap ? 'bootstrap' : 'enroll'} ${methods}`;
}

describe('what follows a first factor', () => {
  it.each(table)('%s', async (_name, has, policy, by, expected) => {
    const { answer } = await decide(userWith(has), policy, by);
    expect(said(answer)).toBe(expected);
    const claims = JSON.parse(answer.challengeToken ?? answer.token);
    const stages: Record<string, string> = { challenge: 'verify', bootstrap: 'bootstrap', enroll: 'enroll' };
    expect(claims.stage).toBe(stages[expected.split(' ')[0] as string]);
    expect(answer.status === 'passed').toBe('token' in answer);
  });

  it('R16 recovery codes are offered while there are any, beside a factor and never alone', async () => {
    const recoveryCodes = batchOf(recoveryCodesOf(1));
    expect(
      said((await decide(userWith({ ...enrolled, recoveryCodes }), {}, command('password'))).answer),
    ).toBe('challenge totp recovery_code');
    const none = { ...recoveryCodes, hashes: [] };
    expect(
      said((await decide(userWith({ ...enrolled, recoveryCodes: none }), {}, command('password'))).answer),
    ).toBe('challenge totp');
    const disallowed = { ...byMail, recoveryCodes };
    expect(
      said((await decide(userWith(disallowed), { methods: ['totp'] }, command('password'))).answer),
    ).toBe('challenge email recovery_code');
  });

  it('saves a user seen for the first time or changed, and nobody else', async () => {
    expect((await decide(undefined, {}, command('password'))).save).toMatchObject({
      userId: 'ada',
      email: 'ada@example.com',
    });
    expect((await decide(userWith(), {}, command('password'))).save).toBeUndefined();
    expect((await decide(userWith(enrolled), {}, command('password'))).save).toBeUndefined();
    const moved = { ...command('password'), user: { id: 'ada', email: 'ada@example.org', locale: 'de' } };
    expect((await decide(userWith(enrolled), {}, moved)).save).toMatchObject({
      email: 'ada@example.org',
      locale: 'de',
    });
  });

  it('leaves what the app does not mention as it is', async () => {
    const known = userWith({ displayName: 'Ada', phone: '+14155550100', isAdmin: true });
    expect((await decide(known, {}, command('password'))).save).toBeUndefined();
  });

  it('R93 whoever passes by an exemption or a bypass is on record, and whoever owes nothing is not', async () => {
    const recorded = async (user: User, ...said: Parameters<typeof command>) => {
      const { save, answer } = await decide(user, {}, command(...said));
      return [answer.status, save?.attempt?.type, save?.attempt?.method];
    };
    const exempt = { ...enrolled, exemption: { untilMs: now + minute, reason: 'an old client' } };
    expect(await recorded(userWith(enrolled), 'federated', ['pwd'])).toEqual([
      'passed',
      'sign_in_passed',
      'bypass',
    ]);
    expect(await recorded(userWith(exempt), 'password')).toEqual(['passed', 'sign_in_passed', 'exempt']);
    const unrecorded = ['passed', undefined, undefined];
    expect(await recorded(userWith(enrolled), 'api_key')).toEqual(unrecorded);
    expect(await recorded(userWith(), 'password')).toEqual(unrecorded);
    expect(await recorded(userWith(), 'federated')).toEqual(unrecorded);
  });

  it('a challenge lives for 10 minutes, carries who and how, and is not stored', async () => {
    expect((await decide(userWith(enrolled), {}, command('password'))).save).toBeUndefined();
    const challenged = (await decide(userWith(enrolled), {}, command('email_link'))).answer;
    expect(JSON.parse(challenged.challengeToken)).toMatchObject({
      accountId: 'acme',
      userId: 'ada',
      challengeId: challenged.challengeId,
      firstFactor: 'email_link',
      expiresAtMs: now + 10 * minute,
    });
  });
});
