/** `countersign accept`: the acceptance suite against a live stage, as a table. */
import { accountChecks } from '../accept/account.ts';
import { beyondChecks } from '../accept/beyond.ts';
import type { Check } from '../accept/check.ts';
import { enrolmentChecks } from '../accept/enrolment.ts';
import { signInChecks } from '../accept/sign-in.ts';
import { World } from '../accept/world.ts';
import type { Target } from '../target.ts';
import { exitCodes, type Terminal } from '../terminal.ts';

const checks: readonly Check[] = [...enrolmentChecks, ...signInChecks, ...accountChecks, ...beyondChecks];

const checksAtOnce = 4;
const order = checks.map(({ what }) => what);

type Line = { rows: string; what: string; result: 'holds' | 'FAILS' | 'not shown'; why: string };

/**
 * Runs every check in accounts of its own and erases them, also after a failure or an interruption. What only a browser or
 * a mailbox shows is said to be not shown: the local service shows the mailbox.
 */
export async function accept(
  target: Target,
  terminal: Terminal,
  { only }: { only?: string[] },
): Promise<number> {
  const world = new World(target);
  await world.readClock();
  const wanted = checks.filter(({ rows }) => only === undefined || rows.some((row) => only.includes(row)));
  const lines: Line[] = [];
  const progress = terminal.progress('Checks');
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt);
  const waiting = [...wanted];
  const work = async () => {
    for (let check = waiting.shift(); check && !interrupted; check = waiting.shift()) {
      lines.push(await lineOf(check, world));
      progress.step(lines.length, wanted.length);
    }
  };
  // Most of the time goes by waiting for the next code.
  await Promise.all(Array.from({ length: checksAtOnce }, work));
  process.off('SIGINT', interrupt);
  progress.end();
  const left = await world.leaveNothingBehind();
  const failed = lines.filter(({ result }) => result === 'FAILS').length;
  terminal.result({ lines, left }, () => {
    terminal.table(lines.sort((a, b) => order.indexOf(a.what) - order.indexOf(b.what)));
    terminal.line(`${lines.filter(({ result }) => result === 'holds').length} hold, ${failed} fail.`);
    for (const one of left) {
      terminal.note(`Left behind: ${one}`);
    }
  });
  return failed > 0 || left.length > 0 || interrupted ? exitCodes.partly : exitCodes.done;
}

async function lineOf(check: Check, world: World): Promise<Line> {
  const line = { rows: check.rows.join(' '), what: check.what };
  if (check.needs === 'mailbox' && !world.target.isLocal) {
    return { ...line, result: 'not shown', why: 'needs to read the mails' };
  }
  try {
    await check.run(world);
    return { ...line, result: 'holds', why: '' };
  } catch (error) {
    return { ...line, result: 'FAILS', why: (error as Error).message };
  }
}
