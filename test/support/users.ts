/** Users with everything that an item can hold. */
import { randomBytes, randomUUID } from 'node:crypto';
import { newUser, type OutboxEvent, type User, type UserRef } from '../../lambdas/core/state/item.ts';

const bytes = (length = 16) => new Uint8Array(randomBytes(length));

export const newRef = (): UserRef => ({ accountId: `acct-${randomUUID()}`, userId: `user-${randomUUID()}` });

export const aUser = (ref: UserRef = newRef(), nowMs = Date.now()): User =>
  newUser(ref, 'ada@example.com', nowMs);

export const anEvent = (dueAtMs: number, atMs = dueAtMs): OutboxEvent => ({
  id: `evt_${randomUUID()}`,
  type: 'two_factor_enabled',
  atMs,
  actor: { kind: 'user', id: 'ada' },
  ip: '203.0.113.7',
  userAgent: 'Firefox <& Ü',
  detail: { label: 'phone' },
  tries: 2,
  dueAtMs,
});

/** Every field that holds bytes, and every level that may hold attributes of a newer release. */
export function fullUser(ref: UserRef = newRef(), nowMs = Date.now()): User {
  const code = { method: 'email' as const, mac: bytes(), sentAtMs: nowMs, expiresAtMs: nowMs + 1 };
  const repeat = { mac: bytes(), jti: 'jti_1', secondFactor: 'totp' };
  const attempts = { failures: 1, codes: [code], repeat, expiresAtMs: nowMs + 1 };
  const secret = { id: 'aut_1', label: 'phone', secret: bytes(172) };
  return {
    ...aUser(ref, nowMs),
    authenticators: [{ ...secret, createdAtMs: nowMs, lastTimeStep: 59_000_000 }],
    pendingAuthenticator: { ...secret, id: 'aut_2', expiresAtMs: nowMs + 1, failures: 0 },
    recoveryCodes: { salt: bytes(), rounds: 210_000, hashes: [bytes(), bytes()], generatedAtMs: nowMs },
    trustedDevices: [
      { id: 'dev_1', tokenHash: bytes(32), createdAtMs: nowMs, lastSeenAtMs: nowMs, expiresAtMs: nowMs + 1 },
    ],
    failures: { consecutive: 2, atMs: [nowMs - 1, nowMs] },
    challenges: { chl_1: attempts },
    proofs: attempts,
    codesSentAtMs: [nowMs],
    outbox: [anEvent(nowMs)],
  } as User;
}
