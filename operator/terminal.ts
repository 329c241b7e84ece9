/** What a command says and asks: tables and progress for people, JSON for programs. */

/** The process around a command; tests bring their own. */
export type Io = {
  out(text: string): void;
  err(text: string): void;
  /** A person sits there: progress is drawn, questions are asked. */
  interactive: boolean;
  ask(question: string): Promise<string>;
};

export type Terminal = {
  json: boolean;
  /** The result: printed as JSON with `--json`, else by `forPeople`. */
  result(value: unknown, forPeople: () => void): void;
  line(text: string): void;
  table(rows: Record<string, unknown>[]): void;
  /** Something the operator should know that is no result. */
  note(text: string): void;
  /** Long work: `step(done, total, extra)` now and then, `end()` at the end. */
  progress(what: string): { step(done: number, total?: number): void; end(): void };
  /** Asks before something that cannot be undone; `--yes` answers. Throws without an answer. */
  confirm(question: string): Promise<void>;
};

/** A command that could not do its part. `exitCode` tells a script what kind of failure it is. */
export class CommandFailed extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.usage) {
    super(message);
    this.exitCode = exitCode;
  }
}

export const exitCodes = {
  /** Everything was done. */
  done: 0,
  /** Done, but something was refused or did not hold: rows of an import, checks of `doctor` or `accept`. */
  partly: 1,
  /** The command line or a file is not what it should be; nothing was done. */
  usage: 2,
  /** The API or AWS did not do it. Run the command again. */
  unavailable: 3,
} as const;

const progressEveryMs = 200;

export function terminal(io: Io, { json = false, yes = false }: { json?: boolean; yes?: boolean }): Terminal {
  return {
    json,
    result: (value, forPeople) => (json ? io.out(`${JSON.stringify(value, null, 2)}\n`) : forPeople()),
    line: (text) => io.out(`${text.split('\n').map(printable).join('\n')}\n`),
    table: (rows) => io.out(tableOf(rows)),
    note: (text) => io.err(`${printable(text)}\n`),
    progress: (what) => progressOf(io, what),
    confirm: async (question) => {
      if (yes) {
        return;
      }
      if (!io.interactive) {
        throw new CommandFailed(`${question} Say --yes where nobody can be asked.`);
      }
      const answer = await io.ask(`${question} Type "yes" to go on: `);
      if (answer.trim() !== 'yes') {
        throw new CommandFailed('Nothing was done.');
      }
    },
  };
}

function progressOf(io: Io, what: string) {
  let lastMs = 0;
  const write = (text: string) => io.interactive && io.err(`\r\u001b[K${text}`);
  return {
    step: (done: number, total?: number) => {
      const now = performance.now();
      if (now - lastMs >= progressEveryMs || done === total) {
        lastMs = now;
        write(`${what}: ${done}${total === undefined ? '' : ` of ${total}`}`);
      }
    },
    end: () => write(''),
  };
}

/** Control characters in names and labels would move the cursor, or worse. */
const printable = (text: string): string => text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');

/** Columns as wide as their widest value, in the order of the first row's fields. */
function tableOf(rows: Record<string, unknown>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cell = (value: unknown) => (value === undefined || value === null ? '' : printable(String(value)));
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, index) =>
    lines.reduce((widest, line) => Math.max(widest, [...(line[index] ?? '')].length), 0),
  );
  return lines
    .map(
      (line) =>
        `${line
          .map((text, index) => text.padEnd(widths[index] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
