/** `countersign reseal` and `countersign custody`: the key custody of a stage, moved and turned. */
import { custodyOf } from '../custody.ts';
import { rotateDataKeys, rotateTokenKeys } from '../held-keys.ts';
import { type ResealReport, reseal } from '../reseal.ts';
import type { Target } from '../target.ts';
import { exitCodes, type Terminal } from '../terminal.ts';

/** Done (0) only when nothing is left: then the stage may let go of `alsoOpens`. */
export async function resealSecrets(target: Target, terminal: Terminal): Promise<number> {
  const { keyCustody, alsoOpens } = await target.stack();
  await terminal.confirm(`Seal every secret as the custody ${keyCustody} has it?`);
  const progress = terminal.progress('Items');
  const report = await reseal({
    custody: await custodyOf(target),
    keyCustody,
    moves: alsoOpens !== undefined,
    nowMs: Date.now,
    onProgress: (items) => progress.step(items),
  });
  progress.end();
  const waits = report.tokensUntilMs !== undefined && report.tokensUntilMs > Date.now();
  terminal.result(report, () => tell(terminal, report, waits));
  return report.left === 0 && !waits ? exitCodes.done : exitCodes.partly;
}

function tell(
  terminal: Terminal,
  { users, resealed, left, failed, tokensUntilMs }: ResealReport,
  waits: boolean,
) {
  for (const { accountId, userId, reason } of failed) {
    terminal.note(`${accountId} ${userId}: ${reason}`);
  }
  terminal.line(`${resealed} secrets of ${users} users sealed anew.`);
  if (waits) {
    const until = new Date(tokensUntilMs as number).toISOString();
    terminal.line(
      `${left} secrets left; keep alsoOpens until tokens have moved as well: run this again after ${until}.`,
    );
    return;
  }
  terminal.line(left === 0 ? '0 left: the stage may let go of alsoOpens.' : `${left} left: run this again.`);
}

export async function rotateSecretKeys(target: Target, terminal: Terminal): Promise<void> {
  await terminal.confirm('Add a key for secrets to every shard?');
  const shards = await rotateDataKeys(await custodyOf(target), Date.now());
  terminal.result({ shards }, () =>
    terminal.line(
      `${shards} shards have a new key. It seals in ten minutes; then "countersign reseal" moves the rest.`,
    ),
  );
}

export async function rotateTokenKey(
  target: Target,
  terminal: Terminal,
  { dropOld = false }: { dropOld?: boolean },
): Promise<void> {
  await terminal.confirm(
    dropOld
      ? 'Drop all token keys but a new one? Tokens under way end, and verifiers that keep a key set refuse new ones for up to two hours.'
      : 'Add a token key?',
  );
  const { keyId, signsFromMs } = await rotateTokenKeys(await custodyOf(target), {
    dropOld,
    nowMs: Date.now(),
  });
  const signsFrom = new Date(signsFromMs).toISOString();
  terminal.result({ keyId, signsFrom }, () =>
    terminal.line(`Key ${keyId} is published, and signs from ${signsFrom}.`),
  );
}
