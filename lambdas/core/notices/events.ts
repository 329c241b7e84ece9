/** The news that a change makes: written with it into the outbox, mailed and put into the audit trail by the courier. */
import type { Context } from '../decision.ts';
import type { OutboxEvent, Outboxed } from '../state/item.ts';

/** For the audit trail alone: nobody is mailed. */
export const silentEvents = [
  'user_added',
  'admin_granted',
  'admin_revoked',
  'mail_bounced',
  'notices_paused',
  'sms_stopped',
] as const;

/** Changes that the user is told of by mail. */
export type NoticeType =
  | 'two_factor_enabled'
  | 'two_factor_disabled'
  | 'two_factor_reset'
  | 'authenticator_added'
  | 'authenticator_removed'
  | 'email_method_added'
  | 'email_method_removed'
  | 'sms_method_added'
  | 'sms_method_removed'
  | 'recovery_codes_regenerated'
  | 'recovery_code_used'
  | 'sign_in_failures'
  | 'codes_disabled'
  | 'trusted_device_added'
  | 'trusted_device_revoked'
  | 'trusted_devices_ended'
  | 'exemption_granted'
  | 'exemption_ended'
  | 'unlocked'
  | 'policy_changed'
  | 'enforcement_on'
  | 'enforcement_reminder';

export type EventType = NoticeType | (typeof silentEvents)[number];

type More = { detail?: Record<string, string>; counts?: OutboxEvent['counts'] };

/**
 * The item with one more event in its outbox, due at once. `detail` never holds a secret or a code; `counts` is what the
 * change adds to the account's figures.
 */
export function withEvent<T extends Outboxed>(
  item: T,
  type: EventType,
  context: Context,
  more: More = {},
): T {
  const event: OutboxEvent = {
    id: context.newId('evt'),
    type,
    atMs: context.nowMs,
    actor: context.actor,
    ip: context.ip,
    userAgent: context.userAgent,
    ...more,
    tries: 0,
    dueAtMs: context.nowMs,
  };
  return { ...item, outbox: [...(item.outbox ?? []), event] };
}
