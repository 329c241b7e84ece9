/** Links that are mailed: a password reset, an invitation. Each is good once. */
import type { Role } from './people.ts';
import { hashOf, newSecret } from './secrets.ts';
import type { Entry, Table } from './table.ts';

type Link = Entry & {
  expiresAtMs: number;
} & ({ personId: string } | { accountId: string; email: string; role: Role });
export type Reset = { personId: string };
export type Invitation = { accountId: string; email: string; role: Role };

const lifeMs = { reset: 60 * 60_000, invitation: 7 * 24 * 60 * 60_000 };

export class Links {
  readonly table: Table;
  readonly now: () => number;

  constructor(table: Table, now: () => number) {
    this.table = table;
    this.now = now;
  }

  /** The secret of a new link. */
  async make(kind: 'reset', content: Reset): Promise<string>;
  async make(kind: 'invitation', content: Invitation): Promise<string>;
  async make(kind: 'reset' | 'invitation', content: Reset | Invitation): Promise<string> {
    const secret = newSecret();
    const entry = { key: `${kind}#${hashOf(secret)}`, expiresAtMs: this.now() + lifeMs[kind], ...content };
    await this.table.put(entry as Link);
    return secret;
  }

  async find<T extends Reset | Invitation>(
    kind: 'reset' | 'invitation',
    secret: string,
  ): Promise<T | undefined> {
    return this.#live(await this.table.get<Link>(`${kind}#${hashOf(secret)}`));
  }

  /** As `find`, and the link is gone. */
  async take<T extends Reset | Invitation>(
    kind: 'reset' | 'invitation',
    secret: string,
  ): Promise<T | undefined> {
    return this.#live(await this.table.take<Link>(`${kind}#${hashOf(secret)}`));
  }

  #live<T>(link: Link | undefined): T | undefined {
    return link && link.expiresAtMs > this.now() ? (link as unknown as T) : undefined;
  }
}
