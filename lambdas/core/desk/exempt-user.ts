/** A time-boxed exemption, for a client that cannot do two-factor yet. */

import type { Context, Decision } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import { refuse } from '../refusal.ts';
import type { Loaded, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { type ActOnUser, actOnUser } from './act-on-user.ts';

type Exempt = ActOnUser & { untilMs: number | null };

/**
 * Lets a user pass without a second factor until `untilMs`, at most 90 days ahead; `null` ends an exemption early. It ends
 * by itself. Refuses what `actOnUser` refuses, and `request_invalid` for a time that is past or too far.
 */
export function decideExemption(
  loaded: Loaded,
  command: Exempt,
  context: Context,
): Decision<{ exemptUntilMs: number | null }> {
  const { untilMs, reason } = command;
  if (untilMs !== null && (untilMs <= context.nowMs || untilMs > context.nowMs + limits.exemption.maxMs)) {
    const detail = 'must lie in the future, at most 90 days ahead';
    return { answer: refuse('request_invalid', { detail, errors: [{ pointer: '/until', detail }] }) };
  }
  return actOnUser<{ exemptUntilMs: number | null }>(loaded, command, context, (before) => {
    const { exemption: _ended, ...rest } = before;
    const user = rest as User;
    if (untilMs === null) {
      return {
        save: withEvent(user, 'exemption_ended', context, { detail: { reason } }),
        answer: { exemptUntilMs: null },
      };
    }
    const until = new Date(untilMs).toISOString();
    return {
      save: withEvent({ ...user, exemption: { untilMs, reason } }, 'exemption_granted', context, {
        detail: { reason, until },
      }),
      answer: { exemptUntilMs: untilMs },
    };
  });
}
