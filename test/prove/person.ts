/** Somebody as their devices know them: secrets, codes, trusted devices and the sign-ins under way. */
import { codeIn, totpAt } from '../support/deployment.ts';
import type { Spend } from './model.ts';
import type { Code } from './plan.ts';
import type { Reply, Service } from './service.ts';

export type OpenChallenge = { token: string; id: string; mailedCode?: string };

const periodMs = 30_000;

export class Person {
  readonly accountId: string;
  readonly id: string;
  email: string;
  readonly #service: Service;
  /** Secrets by authenticator, in the order of their enrolment. */
  readonly secrets = new Map<string, string>();
  /** Recovery codes by batch; of a batch whose answer was lost nobody has any. */
  readonly batches = new Map<string, string[]>();
  /** Tokens by the names that the model has for them. */
  readonly devices = new Map<string, string>();
  challenges: OpenChallenge[] = [];

  constructor(service: Service, accountId: string, id: string) {
    this.#service = service;
    this.accountId = accountId;
    this.id = id;
    this.email = `${id}@example.com`;
  }

  get path(): string {
    return `/v1/accounts/${this.accountId}/users/${this.id}`;
  }

  startSignIn(more: object = {}): Promise<Reply> {
    const body = {
      accountId: this.accountId,
      user: { id: this.id, email: this.email },
      firstFactor: { method: 'password' },
      ...more,
    };
    return this.#service.asApp('/v1/challenges', { body });
  }

  /** A user token as a header, or undefined where none could be had. */
  async bearer(nowMs: number, role = 'user'): Promise<{ authorization: string } | undefined> {
    const { accountId, id: userId } = this;
    // A second back, so that it is not of the future, nor of before a password that changed just now: that is refused, and tried again.
    const reauthenticatedAt = new Date(nowMs).toISOString();
    const body = { accountId, userId, role, reauthenticatedAt };
    const { status, body: answer } = await this.#service.asApp('/v1/user-tokens', { body });
    return status === 201 ? { authorization: `Bearer ${answer.token}` } : undefined;
  }

  /** The newest 6 digits that were mailed, if any were. */
  async mailedCode(): Promise<string | undefined> {
    const [newest] = await this.#service.messages(this.email);
    return newest && /\b\d{6}\b/.test(newest.text) ? codeIn(newest) : undefined;
  }

  /** What to type for a planned code, and what the model is told of it; undefined where this person has no such code. */
  resolve(
    code: Code,
    nowMs: number,
    challenge?: OpenChallenge,
  ): { typed: object; spends: Spend } | undefined {
    switch (code.method) {
      case 'totp': {
        const [app, secret] = [...this.secrets].at(-1 - (code.app % Math.max(1, this.secrets.size))) ?? [];
        if (app === undefined || secret === undefined) {
          return undefined;
        }
        const atMs = nowMs + code.offsetSteps * periodMs;
        const step = Math.floor(atMs / periodMs);
        return {
          typed: { method: 'totp', code: totpAt(secret, step * periodMs) },
          spends: { method: 'totp', app, step, exact: code.offsetSteps === 0 },
        };
      }
      case 'recovery_code': {
        const [batch, codes = []] = [...this.batches].at(-1) ?? [];
        const typed = codes[code.index];
        return batch === undefined || typed === undefined
          ? undefined
          : {
              typed: { method: 'recovery_code', code: typed },
              spends: { method: 'recovery_code', batch, index: code.index },
            };
      }
      case 'email':
        return challenge?.mailedCode === undefined
          ? undefined
          : { typed: { method: 'email', code: challenge.mailedCode }, spends: { method: 'email' } };
      default:
        return code.as === 'totp'
          ? { typed: { method: 'totp', code: '000000' }, spends: { method: 'guess', budget: 'codes' } }
          : {
              typed: { method: 'recovery_code', code: '0000-0000-0000-0000' },
              spends: { method: 'guess', budget: 'recovery' },
            };
    }
  }
}
