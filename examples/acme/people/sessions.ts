/** Acme's own sessions: a random cookie, of which the table keeps the hash. */
import type { Action } from 'countersign';
import { hashOf, newSecret } from './secrets.ts';
import type { Entry, Table } from './table.ts';
import type { Transfer } from './transfers.ts';

/** A sign-in whose first factor was right and whose second one is due. */
export type Pending = {
  personId: string;
  firstFactor: FirstFactor;
  challengeId: string;
  /** What the prompt element takes, as Countersign answered it. */
  challenge: object;
  /** The name of the person's team, for its sentences. */
  team: string;
  next: string;
};
/** A transfer that a second factor is to confirm. */
type Waiting = Pick<Pending, 'challengeId' | 'challenge' | 'team'> & Transfer & { action: Action };
export type FirstFactor = { method: 'password' | 'federated' | 'api_key' | 'session'; amr?: string[] };

export type Session = Entry & {
  /** The person, once signed in. */
  owner?: string;
  createdAtMs: number;
  expiresAtMs: number;
  pending?: Pending;
  waiting?: Waiting;
  firstFactor?: FirstFactor;
  /** What the result token said. */
  secondFactor?: string;
  /** That token, for as long as it lives: page tokens minted with it say how the person signed in. */
  result?: { token: string; expiresAtMs: number };
  amr?: string[];
  /** When the password or the provider last vouched for the person. */
  reauthenticatedAtMs?: number;
  /** Read once, on the next page. */
  notice?: string;
};

const pendingLifeMs = 15 * 60_000;
const lifeMs = 30 * 24 * 60 * 60_000;

export class Sessions {
  readonly table: Table;
  readonly now: () => number;

  constructor(table: Table, now: () => number) {
    this.table = table;
    this.now = now;
  }

  async find(secret: string | undefined): Promise<Session | undefined> {
    const session = secret && (await this.table.get<Session>(`session#${hashOf(secret)}`));
    return session && session.expiresAtMs > this.now() ? session : undefined;
  }

  /** Stores a new session; its secret goes into the cookie. A sign-in always gets a new one. */
  async open(content: Partial<Session>): Promise<{ secret: string; session: Session }> {
    const secret = newSecret();
    const createdAtMs = this.now();
    const session: Session = {
      key: `session#${hashOf(secret)}`,
      createdAtMs,
      expiresAtMs: createdAtMs + (content.pending ? pendingLifeMs : lifeMs),
      ...content,
    };
    await this.table.put(session);
    return { secret, session };
  }

  async save(session: Session): Promise<void> {
    await this.table.put(session);
  }

  async end({ key }: Session): Promise<void> {
    await this.table.take<Session>(key);
  }

  /** Ends every session of a person. */
  async endAll(personId: string): Promise<void> {
    const sessions = await this.table.ownedBy<Session>(personId, 'session');
    await Promise.all(sessions.map((session) => this.end(session)));
  }
}
