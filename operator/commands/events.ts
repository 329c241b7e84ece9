/** `countersign events`: the audit trail as it grows, and out of it into a file. */
import { setTimeout as pause } from 'node:timers/promises';
import type { AuditEvent, EventsQuery } from '../../client/browser.ts';
import { deskOf, everyItem } from '../desk.ts';
import { writeSpreadsheet } from '../formats/csv.ts';
import type { Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';

export type EventOptions = {
  account: string;
  by?: string;
  user?: string;
  type?: string;
  from?: string;
  to?: string;
};

const queryOf = ({ user, type, from, to }: EventOptions): EventsQuery => ({
  userId: user,
  type,
  from,
  to,
  limit: 100,
});

const lineOf = ({ at, type, userId, actor, ip, detail }: AuditEvent): string =>
  [
    at,
    type.padEnd(26),
    userId ?? '-',
    `by ${[actor.kind, actor.id].filter(Boolean).join(' ')}`,
    ip ?? '',
    textOf(detail),
  ]
    .join('  ')
    .trimEnd();

const textOf = (detail: Record<string, string>): string =>
  Object.entries(detail)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

/** Prints what is new every two seconds, oldest first, until it is interrupted (or `times` looks were taken). */
export async function tailEvents(
  target: Target,
  terminal: Terminal,
  options: EventOptions & { times?: number; everyMs?: number },
): Promise<void> {
  const { times = Number.POSITIVE_INFINITY, everyMs = 2000 } = options;
  const desk = deskOf(target, options.account, options.by);
  const seen = new Set<string>();
  for (let look = 0; look < times; look += 1) {
    const { data } = await desk.listEvents({ ...queryOf(options), limit: look === 0 ? 20 : 100 });
    for (const event of data.filter(({ id }) => !seen.has(id)).reverse()) {
      seen.add(event.id);
      terminal.line(terminal.json ? JSON.stringify(event) : lineOf(event));
    }
    if (look + 1 < times) {
      await pause(everyMs);
    }
  }
}

/** The whole trail, newest first: one JSON object a line, or a spreadsheet. */
export async function exportEvents(
  target: Target,
  terminal: Terminal,
  options: EventOptions & { spreadsheet?: boolean },
): Promise<void> {
  const desk = deskOf(target, options.account, options.by);
  const events = everyItem((cursor) => desk.listEvents({ ...queryOf(options), cursor }));
  const progress = terminal.progress('Events');
  const rows: Record<string, unknown>[] = [];
  let count = 0;
  for await (const event of events) {
    count += 1;
    progress.step(count);
    if (options.spreadsheet) {
      const { actor, detail, ...rest } = event;
      rows.push({ ...rest, actor: [actor.kind, actor.id].filter(Boolean).join(' '), detail: textOf(detail) });
    } else {
      terminal.line(JSON.stringify(event));
    }
  }
  progress.end();
  if (options.spreadsheet) {
    terminal.note(
      'A spreadsheet guards cells that it would run with an apostrophe: for people, not for import.',
    );
    for (const line of writeSpreadsheet(rows).trimEnd().split('\n')) {
      terminal.line(line.replaceAll('\r', ''));
    }
  }
}
