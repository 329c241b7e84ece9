/** The news that a change makes: written with it into the outbox, mailed and put into the audit trail by the courier. */
import type { Context } from './decision.ts';
import type { OutboxEvent, User } from './state.ts';

/** For the audit trail alone: nobody is mailed. */
export const silentEvents = ['user_added', 'admin_granted', 'admin_revoked'] as const;

/** Changes that the user is told of by mail. */
export type NoticeType =
  | 'two_factor_enabled'
  | 'two_factor_disabled'
  | 'two_factor_reset'
  | 'authenticator_added'
  | 'authenticator_removed'
  | 'email_method_added'
  | 'email_method_removed'
  | 'recovery_codes_regenerated'
  | 'recovery_code_used'
  | 'sign_in_failures'
  | 'codes_disabled'
  | 'trusted_device_added'
  | 'trusted_device_revoked'
  | 'trusted_devices_ended'
  | 'exemption_granted'
  | 'exemption_ended'
  | 'unlocked';

export type EventType = NoticeType | (typeof silentEvents)[number];

/** The user with one more event in the outbox, due at once. `detail` never holds a secret or a code. */
export function withEvent(
  user: User,
  type: EventType,
  context: Context,
  detail?: Record<string, string>,
): User {
  const event: OutboxEvent = {
    id: context.newId('evt'),
    type,
    atMs: context.nowMs,
    actor: context.actor,
    tries: 0,
    dueAtMs: context.nowMs,
    ...(context.ip === undefined ? {} : { ip: context.ip }),
    ...(context.userAgent === undefined ? {} : { userAgent: context.userAgent }),
    ...(detail === undefined ? {} : { detail }),
  };
  return { ...user, outbox: [...user.outbox, event] };
}
