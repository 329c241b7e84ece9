/**
 * What an import has done, beside the file that it imports: so that it goes on where it broke off. Holds ids and outcomes,
 * and no secret.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

export type Outcome = {
  accountId: string;
  id: string;
  status: 'imported' | 'unchanged' | 'refused';
  reason?: string;
};

/** A batch is noted before it is sent: its answer may be lost, and who of it was imported is known by the refusal then. */
type Line = { sending: { accountId: string; ids: string[] } } | { outcome: Outcome };

export class Journal {
  readonly path: string;
  readonly #outcomes = new Map<string, Outcome>();
  readonly #sent = new Set<string>();

  constructor(path: string) {
    this.path = path;
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
    for (const line of lines) {
      this.#remember(parsed(line));
    }
  }

  outcomeOf(accountId: string, id: string): Outcome | undefined {
    return this.#outcomes.get(`${accountId}/${id}`);
  }

  /** Whether this person was in a batch whose answer never came. */
  wasSent(accountId: string, id: string): boolean {
    return this.#sent.has(`${accountId}/${id}`);
  }

  sending(accountId: string, ids: string[]): void {
    this.#write({ sending: { accountId, ids } });
  }

  settle(outcomes: Outcome[]): void {
    for (const outcome of outcomes) {
      this.#write({ outcome });
    }
  }

  #write(line: Line): void {
    appendFileSync(this.path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    this.#remember(line);
  }

  #remember(line: Line | undefined): void {
    if (line === undefined) {
      return;
    }
    if ('sending' in line) {
      for (const id of line.sending.ids) {
        this.#sent.add(`${line.sending.accountId}/${id}`);
      }
    } else {
      const { accountId, id } = line.outcome;
      this.#outcomes.set(`${accountId}/${id}`, line.outcome);
    }
  }
}

/** The last line may be half of one: the process ended while it wrote. */
function parsed(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
