/** The suite's own accounts and people on a live stage: each check has people of its own, and all are erased at the end. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { BrowserClient, PolicyEdit } from '../../client/browser.ts';
import type { CountersignError, Started, StartRequest } from '../../client/server.ts';
import type { Target } from '../target.ts';
import { Candidate } from './candidate.ts';

export type Mail = { to: string; subject: string; text: string };

export class World {
  readonly target: Target;
  readonly #run = randomBytes(4).toString('hex');
  readonly #people: Candidate[] = [];
  readonly #accounts = new Set<string>();
  /** How far the stage's clock is ahead of this machine's. */
  offsetMs = 0;

  constructor(target: Target) {
    this.target = target;
  }

  /** The stage's time, as its own answers tell it; locally the movable clock. */
  async readClock(): Promise<void> {
    const before = Date.now();
    if (this.target.isLocal) {
      const { now } = (await (await fetch(`${this.target.url}/_dev/clock`)).json()) as { now: string };
      this.offsetMs = Date.parse(now) - before;
      return;
    }
    const answer = await fetch(`${this.target.url}/v1/health`);
    // The header has whole seconds: the middle of that second is nearest.
    this.offsetMs = Date.parse(answer.headers.get('date') ?? '') + 500 - (before + Date.now()) / 2;
  }

  now(): number {
    return Date.now() + this.offsetMs;
  }

  account(): string {
    const accountId = `accept-${this.#run}-${this.#accounts.size + 1}`;
    this.#accounts.add(accountId);
    return accountId;
  }

  /** Somebody new, in an account of their own unless one is named. Known to Countersign from their first sign-in. */
  person(accountId = this.account()): Candidate {
    const person = new Candidate(this, accountId, `person-${this.#people.length + 1}`);
    this.#people.push(person);
    return person;
  }

  start(person: Candidate, more: Partial<StartRequest> = {}): Promise<Started> {
    const { accountId, id, email } = person;
    const user = { id, email };
    return this.target.api.start({ accountId, user, firstFactor: { method: 'password' }, ...more });
  }

  as(person: Candidate, role: 'user' | 'admin' | 'support' = 'user'): BrowserClient {
    return this.target.as({ accountId: person.accountId, userId: person.id, role });
  }

  /** By the operator's route: no mailed code. */
  async setPolicy(accountId: string, policy: PolicyEdit): Promise<void> {
    await this.target.api.setPolicy({ accountId, policy });
  }

  /** The newest mail to somebody; only the local service lets mails be read. */
  async mailTo(email: string, subject = /./): Promise<Mail> {
    for (let look = 0; look < 50; look += 1) {
      const answer = await fetch(`${this.target.url}/_dev/messages?to=${encodeURIComponent(email)}`);
      const mail = ((await answer.json()) as Mail[]).find((one) => subject.test(one.subject));
      if (mail) {
        return mail;
      }
      await pause(200);
    }
    throw new Error(`no mail to ${email} came`);
  }

  /** Erases everybody. Answers with what could not be erased. */
  async leaveNothingBehind(): Promise<string[]> {
    const problems = new Map<string, string[]>();
    const note = (what: string) => (error: CountersignError) => {
      if (error.code !== 'not_found' || error.reason === 'gateway') {
        problems.set(error.message, [...(problems.get(error.message) ?? []), what]);
      }
    };
    for (const { accountId, id } of this.#people) {
      await this.target.api.eraseUser({ accountId, userId: id }).catch(note(`${accountId}/${id}`));
    }
    for (const accountId of this.#accounts) {
      await this.target.api.eraseAccount({ accountId }).catch(note(accountId));
    }
    return [...problems].map(([problem, what]) => `${problem} (${what.join(' ')})`);
  }
}
