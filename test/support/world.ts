/** Core's world without an outside: made-up users, a clock that stands still, and answers to what a decision asks. */
import { createHash } from 'node:crypto';
import type { Context, Decision, QuestionKind, Step } from '../../lambdas/core/decision.ts';
import { codeText } from '../../lambdas/core/factors/attempts.ts';
import { normalRecoveryCode, recoveryCodeFrom } from '../../lambdas/core/factors/recovery-code.ts';
import { type Account, newAccount, newUser, type User } from '../../lambdas/core/state/item.ts';
import { defaultPolicy, type Policy } from '../../lambdas/core/state/policy.ts';

export const now = 1_800_000_015_000;
export const second = 1000;
export const minute = 60 * second;
export const day = 1440 * minute;

/** A user of account `acme` with these attributes; known to the store, without any factor. */
export const userWith = (attributes: Partial<User> = {}): User => ({
  ...newUser({ accountId: 'acme', userId: 'ada' }, 'ada@example.com', now - day),
  writeId: 'stored',
  ...attributes,
});

export const accountWith = (policy: Partial<Policy> = {}, more: Partial<Account> = {}): Account => ({
  ...newAccount('acme'),
  ...more,
  policy: { ...defaultPolicy, ...policy },
});

/** An authenticator whose sealed secret is the secret itself, as `settled` opens it. */
export const authenticatorOf = (secret: string, lastTimeStep = -1) => ({
  id: `aut_${secret.slice(0, 4)}`,
  label: 'Authenticator app',
  secret: new TextEncoder().encode(secret),
  createdAtMs: now - day,
  lastTimeStep,
});
export const someAuthenticator = authenticatorOf('12345678901234567890');

export function contextAt(nowMs = now): Context {
  let ids = 0;
  return {
    nowMs,
    newId: (prefix) => {
      ids += 1;
      return `${prefix}_${ids}`;
    },
    actor: { kind: 'user', id: 'ada' },
    ip: '203.0.113.7',
    userAgent: 'vitest',
  };
}

export const macOf = (text: string): Uint8Array =>
  new Uint8Array(createHash('sha256').update(text).digest().subarray(0, 16));
export const recoveryHashOf = (code: string): Uint8Array => macOf(`recovery ${normalRecoveryCode(code)}`);
export const recoveryCodesOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => recoveryCodeFrom(new Uint8Array(16).fill(index)));
export const batchOf = (codes: string[]) => ({
  salt: new Uint8Array(16),
  rounds: 1000,
  hashes: codes.map(recoveryHashOf),
  generatedAtMs: now,
});

// biome-ignore lint/suspicious/noExplicitAny: one table for questions of many shapes
const answers: Partial<Record<QuestionKind, (of: any) => unknown>> = {
  'open-secrets': ({ sealed }: { sealed: { authenticatorId: string; secret: Uint8Array }[] }) =>
    Object.fromEntries(sealed.map(({ authenticatorId, secret }) => [authenticatorId, secret])),
  'new-secret': () => ({ secret: new Uint8Array(20), sealed: new Uint8Array(20) }),
  macs: ({ text }: { text: string }) => [macOf(text)],
  'new-code': ({ scope }: { scope: string }) => ({ code: '424242', mac: macOf(codeText(scope, '424242')) }),
  'recovery-hash': ({ code }: { code: string }) => recoveryHashOf(code),
  'new-recovery-codes': () => ({ codes: recoveryCodesOf(10), ...batchOf(recoveryCodesOf(10)) }),
  'seal-challenge': ({ claims }: { claims: object }) => JSON.stringify(claims),
  'sign-result': ({ claims }: { claims: object }) => JSON.stringify(claims),
  'new-device-token': () => ({ token: 'device', hash: macOf('device') }),
};

/** Answers a decision's questions until it is made; `asked` is which, in order. */
// biome-ignore lint/suspicious/noExplicitAny: answers are of many shapes
export function settled(step: Step<any>): Decision<any> & { asked: QuestionKind[] } {
  const asked: QuestionKind[] = [];
  let current = step;
  while ('ask' in current) {
    asked.push(current.ask);
    // biome-ignore lint/suspicious/noExplicitAny: answered by kind
    const question = current as any;
    current = question.next(answers[current.ask]?.(question.of));
  }
  if ('afterSave' in current) {
    const { afterSave, ...saved } = current;
    const then = settled(afterSave);
    return { ...saved, answer: then.answer, asked: [...asked, ...then.asked] };
  }
  return { ...current, asked };
}

export const newsOf = (user: User | undefined): string[] => (user?.outbox ?? []).map(({ type }) => type);
