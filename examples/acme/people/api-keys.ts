/** API keys: for programs, which no second factor is asked of. */
import { hashOf, newId, newSecret } from './secrets.ts';
import type { Entry, Table } from './table.ts';

export type ApiKey = Entry & {
  /** The person. */
  owner: string;
  id: string;
  label: string;
  /** The last characters, to tell one from another. */
  ending: string;
  createdAtMs: number;
};

export class ApiKeys {
  readonly table: Table;
  readonly now: () => number;

  constructor(table: Table, now: () => number) {
    this.table = table;
    this.now = now;
  }

  /** The key itself, shown this once. */
  async make(personId: string, label: string): Promise<string> {
    const secret = `acme_${newSecret()}`;
    await this.table.put<ApiKey>({
      key: `apikey#${hashOf(secret)}`,
      owner: personId,
      id: newId('key'),
      label: label || 'API key',
      ending: secret.slice(-4),
      createdAtMs: this.now(),
    });
    return secret;
  }

  find(secret: string): Promise<ApiKey | undefined> {
    return this.table.get<ApiKey>(`apikey#${hashOf(secret)}`);
  }

  async of(personId: string): Promise<ApiKey[]> {
    const keys = await this.table.ownedBy<ApiKey>(personId, 'apikey');
    return keys.sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  async revoke(personId: string, id: string): Promise<void> {
    const key = (await this.of(personId)).find((each) => each.id === id);
    if (key) {
      await this.table.take<ApiKey>(key.key);
    }
  }
}
