/** A time-boxed exemption, for a client that cannot do two-factor yet. */
import type { Context, Decision } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import { isRefusal, refuse } from '../refusal.ts';
import { type Loaded, without } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { type ActOnUser, actedOnUser } from './act-on-user.ts';

/** `untilMs: null` ends an exemption early. */
export type ExemptUser = ActOnUser & { untilMs: number | null };

/**
 * Lets a user pass without a second factor until `untilMs`, at most 90 days ahead. It ends by itself; the same time again
 * changes nothing. Refuses what
 * `actedOnUser` refuses, `forbidden` for support, and `request_invalid` for a time that is past or too far.
 */
export function exemptUser(
  loaded: Loaded,
  command: ExemptUser,
  context: Context,
): Decision<{ exemptUntilMs: number | null }> {
  const { untilMs, reason } = command;
  if (untilMs !== null && (untilMs <= context.nowMs || untilMs > context.nowMs + limits.exemption.maxMs)) {
    const detail = 'must lie in the future, at most 90 days ahead';
    return { answer: refuse('request_invalid', { detail, errors: [{ pointer: '/until', detail }] }) };
  }
  if (command.token.role === 'support') {
    return {
      answer: refuse('forbidden', { reason: 'role', detail: 'Only an administrator can exempt somebody.' }),
    };
  }
  const user = actedOnUser(loaded, command);
  if (isRefusal(user)) {
    return { answer: user };
  }
  if (untilMs === (user.exemption?.untilMs ?? null)) {
    return { answer: { exemptUntilMs: untilMs } };
  }
  if (untilMs === null) {
    const ended = without(user, 'exemption');
    return {
      save: withEvent(ended, 'exemption_ended', context, { detail: { reason } }),
      answer: { exemptUntilMs: null },
    };
  }
  const detail = { reason, until: new Date(untilMs).toISOString() };
  return {
    save: withEvent({ ...user, exemption: { untilMs, reason } }, 'exemption_granted', context, { detail }),
    answer: { exemptUntilMs: untilMs },
  };
}
