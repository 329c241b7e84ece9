/** An admin or support person makes a code that stands for somebody's second factor once. */
import type { Context, Decision, Ports } from '../decision.ts';
import { isEnabled } from '../factors/table.ts';
import { withNewTemporaryCode } from '../factors/temporary-code.ts';
import { withEvent } from '../notices/events.ts';
import { isRefusal, refuse } from '../refusal.ts';
import { mustReplaceFactors } from '../sign-in/challenge.ts';
import type { Loaded } from '../state/item.ts';
import { type ActOnUser, actedOnUser } from './act-on-user.ts';

export type CreateTemporaryCode = ActOnUser & { validMinutes: number };

/**
 * Makes a temporary code, shown this once; an earlier one ends. The factors stay, and the user is notified. Refuses what
 * `actedOnUser` refuses, and `not_enabled` for somebody who has no usable factor that a code could stand for: who was reset
 * proves the mailbox, and who has factors that the policy ruled out proves one of those.
 */
export async function createTemporaryCode(
  loaded: Loaded,
  command: CreateTemporaryCode,
  ports: Pick<Ports, 'seal' | 'fresh'>,
  context: Context,
): Promise<Decision<{ code: string; expiresAtMs: number }>> {
  const user = actedOnUser(loaded, command);
  if (isRefusal(user)) {
    return { answer: user };
  }
  if (!isEnabled(user) || mustReplaceFactors({ user, account: loaded.account }, context)) {
    return {
      answer: refuse('not_enabled', {
        detail: 'This user has no second factor that a code could stand for.',
      }),
    };
  }
  const { reason, validMinutes } = command;
  const made = await withNewTemporaryCode(user, validMinutes * 60_000, ports, context);
  const detail = { reason, until: new Date(made.expiresAtMs).toISOString() };
  return {
    save: withEvent(made.user, 'temporary_code_created', context, { detail }),
    answer: { code: made.code, expiresAtMs: made.expiresAtMs },
  };
}
