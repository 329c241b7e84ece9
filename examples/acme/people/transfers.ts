/** Transfers that were confirmed, each by a token of its own. */
import { newId } from './secrets.ts';
import type { Entry, Table } from './table.ts';

export type Transfer = { recipient: string; amount: string };
export type MadeTransfer = Entry & Transfer & { owner: string; id: string; atMs: number };

export class Transfers {
  readonly table: Table;
  readonly now: () => number;

  constructor(table: Table, now: () => number) {
    this.table = table;
    this.now = now;
  }

  /** Makes the transfer that a step-up's token confirmed; `undefined` for a token that confirmed one before. */
  async make(
    personId: string,
    jti: string,
    { recipient, amount }: Transfer,
  ): Promise<MadeTransfer | undefined> {
    if (!(await this.table.add({ key: `used-token#${jti}` }))) {
      return undefined;
    }
    const id = newId('trf');
    const made = { key: `transfer#${id}`, owner: personId, id, recipient, amount, atMs: this.now() };
    await this.table.put<MadeTransfer>(made);
    return made;
  }

  /** A person's transfers, newest first. */
  async of(personId: string): Promise<MadeTransfer[]> {
    const made = await this.table.ownedBy<MadeTransfer>(personId, 'transfer');
    return made.sort((a, b) => b.atMs - a.atMs);
  }
}
