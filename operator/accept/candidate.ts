/** Somebody who signs in: with an authenticator of RFC 6238 that shares nothing with Countersign's own. */
import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { BrowserClient, Proof, Verified } from '../../client/browser.ts';
import type { Started } from '../../client/server.ts';
import { decodeBase32 } from '../formats/secrets.ts';
import { holds } from './check.ts';
import type { World } from './world.ts';

const stepMs = 30_000;

export class Candidate {
  readonly accountId: string;
  readonly id: string;
  readonly email: string;
  secret = '';
  authenticatorId = '';
  recoveryCodes: string[] = [];
  readonly #world: World;
  #lastStep = 0;

  constructor(world: World, accountId: string, id: string) {
    this.#world = world;
    this.accountId = accountId;
    this.id = id;
    // Addresses of RFC 2606: nobody is mailed.
    this.email = `${id}@${accountId}.example.com`;
  }

  get own(): BrowserClient {
    return this.#world.as(this);
  }

  /** The code of the time step that is `offset` away from now. */
  codeAt(offset: number): string {
    return totp(this.secret, this.#step() + offset);
  }

  /** A code that was not used before: of the step before, of this one or of the next; waits where all three were. */
  async nextCode(): Promise<string> {
    const step = Math.max(this.#lastStep + 1, this.#step() - 1);
    while (step > this.#step() + 1) {
      await pause(Math.min(1000, stepMs - (this.#world.now() % stepMs) + 50));
    }
    this.#lastStep = step;
    return totp(this.secret, step);
  }

  #step(): number {
    return Math.floor(this.#world.now() / stepMs);
  }

  /** Waits for the middle of a time step, where a code's neighbours are certain. */
  async middleOfStep(): Promise<void> {
    const into = this.#world.now() % stepMs;
    if (into < 2000 || into > 20_000) {
      await pause(into < 2000 ? 2000 - into : stepMs - into + 2000);
    }
    this.#lastStep = Math.max(this.#lastStep, this.#step() - 2);
  }

  async proof(): Promise<Proof> {
    return { method: 'totp', code: await this.nextCode() };
  }

  signIn(more: Parameters<World['start']>[1] = {}): Promise<Started> {
    return this.#world.start(this, more);
  }

  /** A challenge for a second factor. */
  async challenge(
    more: Parameters<World['start']>[1] = {},
  ): Promise<Extract<Started, { status: 'challenge' }>> {
    const started = await this.signIn(more);
    holds(started.status === 'challenge', `expected a challenge, not ${started.status}`);
    return started as Extract<Started, { status: 'challenge' }>;
  }

  verify(
    challengeToken: string,
    method: 'totp' | 'email' | 'recovery_code',
    code: string,
  ): Promise<Verified> {
    return this.own.verifyChallenge({ challengeToken, method, code });
  }

  /** From nobody to an authenticator and ten recovery codes. */
  async enrol(): Promise<this> {
    await this.signIn();
    const { secret, authenticatorId } = await this.own.startAuthenticator({ label: 'Acceptance' });
    this.secret = secret;
    this.authenticatorId = authenticatorId;
    const { recoveryCodes = [] } = await this.own.confirmAuthenticator(authenticatorId, {
      code: await this.nextCode(),
    });
    this.recoveryCodes = recoveryCodes;
    return this;
  }
}

/** RFC 6238 with SHA-1 and 6 digits. */
function totp(base32: string, step: number): string {
  const decoded = decodeBase32(base32);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const key = 'secret' in decoded ? decoded.secret : new Uint8Array();
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = (mac[19] ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
