/** Core's world without an outside: made-up users, a clock that stands still, and answers to what a decision asks. */
import { createHash } from 'node:crypto';
import type { Context, Decided, Ports } from '../../lambdas/core/decision.ts';
import { normalRecoveryCode, recoveryCodeFrom } from '../../lambdas/core/factors/recovery-code.ts';
import type { Outside } from '../../lambdas/core/ports.ts';
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

/** What a decision asked of the outside, in order. */
type Asked = `${keyof Ports}.${string}`;

/** An outside that answers everything from what it is asked: sealing changes nothing, MACs and hashes are SHA-256. */
const outside: Outside = {
  secrets: { seal: async (secret) => secret, open: async (sealed) => sealed },
  seal: {
    seal: async (claims) => JSON.stringify(claims),
    macs: async (text) => [macOf(text)],
  },
  signer: { signResult: async (claims) => JSON.stringify(claims) },
  hasher: { rounds: 1000, hash: async (code) => recoveryHashOf(code) },
  smsCounts: { countUse: () => undefined },
  assertions: { verify: async () => undefined },
  registrations: { verify: async () => undefined },
  fresh: {
    totpSecret: () => new Uint8Array(20),
    sixDigits: () => '424242',
    deviceToken: () => 'device',
    resultCode: () => 'result',
    temporaryCode: () => '0123456789',
    passkeyChallenge: () => new Uint8Array(32),
    recoveryCodes: () => ({ codes: recoveryCodesOf(10), salt: new Uint8Array(16) }),
  },
};

/** Every port, writing down what is asked of it. */
const portsThatNote = (asked: Asked[]): Ports =>
  Object.fromEntries(
    Object.entries(outside).map(([name, port]) => [
      name,
      new Proxy(port, {
        get: (target, member) => {
          const value = Reflect.get(target, member);
          return typeof value === 'function'
            ? (...args: unknown[]) => {
                asked.push(`${name}.${String(member)}` as Asked);
                return value(...args);
              }
            : value;
        },
      }),
    ]),
  ) as unknown as Ports;

/** Runs a decision to its end, its `afterSave` included; `asked` is what it asked of the outside. */
export async function settled(
  decide: (ports: Ports) => Decided<unknown> | Promise<Decided<unknown>>,
  // biome-ignore lint/suspicious/noExplicitAny: answers are of many shapes
): Promise<{ save?: User; answer: any; asked: Asked[] }> {
  const asked: Asked[] = [];
  const decided = await decide(portsThatNote(asked));
  const answer = 'afterSave' in decided ? await decided.afterSave() : decided.answer;
  return { ...(decided.save ? { save: decided.save } : {}), answer, asked };
}

export const newsOf = (user: User | undefined): string[] => (user?.outbox ?? []).map(({ type }) => type);
