/**
 * S76 One item holds all that is known of a user, and a write costs by its size. The attacker has the password and patience:
 * they start sign-ins, ask for codes, guess, change the profile and act at the desk, with the longest texts that are taken,
 * while mail is down.
 */
import { marshall } from '@aws-sdk/util-dynamodb';
import { generateSync } from 'otplib';
import { describe, expect, it } from 'vitest';
import { compact } from '../../lambdas/adapters/user-item.ts';
import type { Context, Decided, Ports } from '../../lambdas/core/decision.ts';
import { exemptUser } from '../../lambdas/core/desk/exempt-user.ts';
import { proposePolicy } from '../../lambdas/core/desk/propose-policy.ts';
import { resetTwoFactor } from '../../lambdas/core/desk/reset-two-factor.ts';
import { unlockUser } from '../../lambdas/core/desk/unlock-user.ts';
import { claimEvents, settleEvents } from '../../lambdas/core/notices/outbox.ts';
import { passwordChanged } from '../../lambdas/core/profile/password-changed.ts';
import { syncUser } from '../../lambdas/core/profile/sync-user.ts';
import { isRefusal } from '../../lambdas/core/refusal.ts';
import { mailProofCode } from '../../lambdas/core/settings/mail-proof-code.ts';
import { regenerateRecoveryCodes } from '../../lambdas/core/settings/regenerate-recovery-codes.ts';
import { revokeTrustedDevices } from '../../lambdas/core/settings/revoke-trusted-devices.ts';
import { startEmailMethod } from '../../lambdas/core/settings/start-email-method.ts';
import { createChallenge } from '../../lambdas/core/sign-in/create-challenge.ts';
import { fetchResult } from '../../lambdas/core/sign-in/fetch-result.ts';
import { sendCode } from '../../lambdas/core/sign-in/send-code.ts';
import { verifyChallenge } from '../../lambdas/core/sign-in/verify-challenge.ts';
import type { ChallengeClaims } from '../../lambdas/core/state/challenge-claims.ts';
import { type User, userSchema } from '../../lambdas/core/state/item.ts';
import { defaultPolicy } from '../../lambdas/core/state/policy.ts';
import { newId } from '../../lambdas/edge/run/decide.ts';
import { itemBytes } from '../support/item-bytes.ts';
import {
  accountWith,
  authenticatorOf,
  batchOf,
  day,
  minute,
  now,
  recoveryCodesOf,
  second,
  settled,
  someAuthenticator,
  userWith,
} from '../support/world.ts';

const calls = 2000;
const maxBytes = 16 * 1024;
const base32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const account = accountWith({ rememberDevice: { allowed: true, days: 90 } });

/** Reproducible randomness (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const enrolledUser = (): User =>
  userWith({
    displayName: 'ü'.repeat(200),
    authenticators: [
      someAuthenticator,
      ...Array.from({ length: 4 }, (_, nth) => ({
        ...authenticatorOf(`${nth}2345678901234567890`),
        label: 'ü'.repeat(64),
      })),
    ],
    emailMethod: { enabledAtMs: now },
    recoveryCodes: batchOf(recoveryCodesOf(10)),
    enabledAtMs: now,
  });

/** A user, a clock and open sign-ins, and one random call after the other. */
class Onslaught {
  user: User = enrolledUser();
  at = now;
  wrote = 0;
  readonly challenges: ChallengeClaims[] = [];
  readonly random: () => number;

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  pick<T>(all: readonly T[]): T {
    return all[Math.floor(this.random() * all.length)] as T;
  }

  context(): Context {
    return {
      nowMs: this.at,
      newId,
      actor: { kind: 'user', id: 'ada' },
      ip: '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
      userAgent: `Mozilla/5.0 ${this.random()} `.padEnd(256, 'x'),
      via: { ip: '2001:db8:eeee:eeee:eeee:eeee:eeee:eeee', userAgent: 'y'.repeat(256) },
    };
  }

  token(userId: string) {
    return {
      accountId: 'acme',
      userId,
      role: 'admin' as const,
      reauthenticatedAtMs: this.at,
      mintedAtMs: this.at,
    };
  }

  async decide(decide: (ports: Ports, context: Context) => Decided<unknown> | Promise<Decided<unknown>>) {
    const { save, answer } = await settled((ports) => decide(ports, this.context()));
    if (save) {
      this.user = { ...save, rev: save.rev + 1 };
      this.wrote += 1;
    }
    return answer;
  }

  get loaded() {
    return { user: this.user, account };
  }

  totp() {
    return generateSync({ secret: base32, epoch: Math.floor(this.at / 1000) });
  }

  code(method: string): string {
    if (this.random() < 0.2) {
      return method === 'recovery_code' ? '0000000000000000' : '000000';
    }
    const right = { totp: this.totp(), recovery_code: this.pick(recoveryCodesOf(10)), email: '424242' };
    return right[method as keyof typeof right];
  }

  async start() {
    const returnTo = this.random() < 0.3 ? 'https://app.acme.example/' : undefined;
    const user = { id: 'ada', email: 'ada@example.com' };
    const firstFactor = { method: 'password' as const };
    const command = { accountId: 'acme', user, firstFactor, returnTo };
    const answer = await this.decide((ports, context) =>
      createChallenge(this.loaded, command, ports, context),
    );
    if (answer.challengeToken) {
      this.challenges.push(JSON.parse(answer.challengeToken));
      this.challenges.splice(0, this.challenges.length - 40);
    }
  }

  async verify() {
    const challenge = this.pick(this.challenges);
    const method = this.pick(['totp', 'totp', 'email', 'recovery_code'] as const);
    const attempt = { method, code: this.code(method) } as const;
    const idempotencyKey = this.random() < 0.5 ? 'key'.repeat(20) : undefined;
    const command = { challenge, attempt, remember: true, idempotencyKey };
    await this.decide((ports, context) => verifyChallenge(this.loaded, command, ports, context));
  }

  /** A sign-in by the next time step: what passes stays until it expires. */
  async pass() {
    this.at += 30 * second;
    await this.start();
    const challenge = this.challenges.at(-1) as ChallengeClaims;
    const attempt = { method: 'totp', code: this.totp() } as const;
    const command = { challenge, attempt, remember: true, idempotencyKey: 'k'.repeat(200) };
    await this.decide((ports, context) => verifyChallenge(this.loaded, command, ports, context));
  }

  readonly acts: Record<string, () => Promise<unknown>> = {
    start: () => this.start(),
    verify: () => this.verify(),
    verifyAgain: () => this.verify(),
    pass: () => this.pass(),
    send: () =>
      this.decide((ports, context) =>
        sendCode(this.loaded, { challenge: this.pick(this.challenges), method: 'email' }, ports, context),
      ),
    fetch: () =>
      this.decide((ports, context) =>
        fetchResult(
          this.loaded,
          { challenge: this.pick(this.challenges), resultCode: 'result' },
          ports,
          context,
        ),
      ),
    unlock: () =>
      this.decide((_ports, context) =>
        unlockUser(
          this.loaded,
          { token: this.token('bob'), userId: 'ada', reason: 'ü'.repeat(500) },
          context,
        ),
      ),
    exempt: () => {
      const untilMs = this.random() < 0.5 ? null : this.at + Math.ceil(this.random() * 90 * day);
      const command = { token: this.token('bob'), userId: 'ada', reason: 'ü'.repeat(500), untilMs };
      return this.decide((_ports, context) => exemptUser(this.loaded, command, context));
    },
    rename: () => {
      const nth = Math.floor(this.random() * 5);
      const profile = {
        email: `${`a${nth}`.padEnd(60, 'x')}@${'example.'.repeat(20)}com`,
        displayName: 'ü'.repeat(199 + (nth % 2)),
        moveCodes: this.random() < 0.3,
      };
      return this.decide((_ports, context) => syncUser(this.loaded, this.user, profile, context));
    },
    proofCode: () =>
      this.decide((ports, context) =>
        mailProofCode(this.loaded, { token: this.token('ada'), method: 'email' }, ports, context),
      ),
    moveMail: () => {
      const proof = { method: 'totp', code: this.totp() } as const;
      return this.decide((ports, context) =>
        startEmailMethod(this.loaded, { token: this.token('ada'), proof }, ports, context),
      );
    },
    newCodes: () => {
      const proof = { method: 'totp', code: this.totp() } as const;
      return this.decide((ports, context) =>
        regenerateRecoveryCodes(this.loaded, { token: this.token('ada'), proof }, ports, context),
      );
    },
    propose: () => {
      const proof = { method: 'totp', code: this.totp() } as const;
      const command = {
        token: this.token('ada'),
        proof,
        edit: { strictWindow: true },
        defaults: defaultPolicy,
      };
      return this.decide((ports, context) => proposePolicy(this.loaded, command, ports, context));
    },
    revoke: () =>
      this.decide((_ports, context) =>
        revokeTrustedDevices(this.loaded, { token: this.token('ada') }, context),
      ),
    password: () => this.decide((_ports, context) => passwordChanged(this.loaded, context)),
    wait: async () => {
      this.at += Math.ceil(this.random() * 5 * minute);
    },
  };

  /** Mail is down: what is claimed comes back, with its tries. */
  courierFails() {
    const { claimed, save } = claimEvents(this.user, this.at);
    const failed = Object.fromEntries(
      claimed.map(({ id }) => [id, { figures: 'failed' as const, trail: 'failed' as const }]),
    );
    this.user = settleEvents(save, failed, this.at);
  }

  async act() {
    const name = this.pick(Object.keys(this.acts));
    // A long sleep now and then, and a reset in its place.
    if (this.random() < 0.005) {
      this.at += day;
    }
    await this.acts[name]?.();
    if (this.random() < 0.1) {
      this.courierFails();
    }
    this.at += Math.ceil(this.random() * 10 * second);
    return name;
  }
}

/** As stored, each secret as long as what KMS makes of it. */
function stored(user: User) {
  const authenticators = user.authenticators.map((one) => ({ ...one, secret: new Uint8Array(172) }));
  return marshall(compact({ ...user, authenticators }), { removeUndefinedValues: true });
}

describe('S76 2,000 random calls on one user', () => {
  it.each([1, 2, 3])(
    'keep the item at most 16 KB, and at most 20 challenges in it (seed %i)',
    async (seed) => {
      const world = new Onslaught(seed);
      await world.start();
      let largest = 0;
      let most = 0;
      for (let call = 0; call < calls; call += 1) {
        const name = await world.act();
        const bytes = itemBytes(stored(world.user));
        expect([seed, call, name, bytes <= maxBytes, bytes]).toEqual([seed, call, name, true, bytes]);
        largest = Math.max(largest, bytes);
        most = Math.max(most, Object.keys(world.user.challenges).length);
      }
      expect(most).toBeLessThanOrEqual(20);
      expect(userSchema.safeParse(world.user).success).toBe(true);
      // A walk that goes nowhere would prove nothing.
      expect([world.wrote > calls / 10, largest > 4096, most > 5]).toEqual([true, true, true]);
    },
  );

  it('twenty sign-ins that passed within ten minutes fill it: the next waits, and none comes back', async () => {
    const world = new Onslaught(4);
    await world.start();
    const passed: ChallengeClaims[] = [];
    for (let nth = 0; nth < 20; nth += 1) {
      const challenge = { ...(world.challenges[0] as ChallengeClaims), challengeId: newId('chl') };
      passed.push({ ...challenge, startedAtMs: world.at, expiresAtMs: now + 10 * minute + nth });
    }
    const challenges = Object.fromEntries(
      passed.map(({ challengeId, expiresAtMs }) => [
        challengeId,
        { failures: 0, passedAtMs: now, expiresAtMs },
      ]),
    );
    world.user = { ...world.user, challenges };
    const challenge = world.challenges[0] as ChallengeClaims;
    const attempt = { method: 'totp', code: world.totp() } as const;
    const verify = (claims: ChallengeClaims) =>
      world.decide((ports, context) =>
        verifyChallenge(world.loaded, { challenge: claims, attempt }, ports, context),
      );
    expect(await verify(challenge)).toMatchObject({
      refused: 'too_many_attempts',
      retryAtMs: now + 10 * minute,
    });
    const sent = await world.decide((ports, context) =>
      sendCode(world.loaded, { challenge, method: 'email' }, ports, context),
    );
    expect(sent).toMatchObject({ refused: 'too_many_attempts' });
    for (const claims of passed) {
      expect(await verify(claims)).toMatchObject({ refused: 'challenge_used' });
    }
    expect(world.wrote).toBe(0);
  });
});

describe('S76 an act that changes nothing writes nothing', () => {
  const bob = { accountId: 'acme', userId: 'bob', role: 'admin' as const, reauthenticatedAtMs: now };
  const ada = { ...bob, userId: 'ada' };
  const act = { token: bob, userId: 'ada', reason: 'asked' };
  const context = new Onslaught(0).context();
  const known = userWith({ exemption: { untilMs: now + day, reason: 'old' } });
  const profile = { email: known.email };

  it.each<[string, User, (user: User) => { save?: unknown; answer?: unknown }]>([
    ['an unlock of somebody who is not locked', known, (user) => unlockUser({ user, account }, act, context)],
    [
      'the end of an exemption that is none',
      userWith(),
      (user) => exemptUser({ user, account }, { ...act, untilMs: null }, context),
    ],
    [
      'the same exemption again',
      known,
      (user) => exemptUser({ user, account }, { ...act, untilMs: now + day }, context),
    ],
    ['revoking no device', known, (user) => revokeTrustedDevices({ user, account }, { token: ada }, context)],
    ['the same profile', known, (user) => syncUser({ user, account }, user, profile, context)],
  ])('%s', (_name, user, decide) => {
    const { save, answer } = decide(user);
    expect([save, isRefusal(answer)]).toEqual([undefined, false]);
  });

  it('a reset of somebody without two-factor', () => {
    const { save, answer } = resetTwoFactor({ user: userWith(), account }, act, context);
    expect([save, answer]).toEqual([undefined, expect.objectContaining({ refused: 'not_enabled' })]);
  });
});
