/** Every event by name: whether somebody is mailed about it, and what happens to several that wait together. */

/**
 * How an event is treated. `mailed`: somebody gets a notice. `folds`: when events of this kind that wait together become
 * one: `at_once`, because only the latest still holds; `when_crowded`, because they repeat; `when_full`, never before the
 * outbox has reached its limit.
 */
export type Treatment = { mailed: boolean; folds: 'at_once' | 'when_crowded' | 'when_full' };

const important = { mailed: true, folds: 'when_full' } as const;
const repeating = { mailed: true, folds: 'when_crowded' } as const;
const latest = { mailed: true, folds: 'at_once' } as const;
const silent = { mailed: false, folds: 'when_crowded' } as const;

/** Every event by name. */
export const eventTypes = {
  two_factor_enabled: important,
  two_factor_disabled: important,
  two_factor_reset: important,
  authenticator_added: important,
  authenticator_removed: important,
  passkey_added: important,
  passkey_removed: important,
  passkey_count_not_rising: repeating,
  email_method_added: important,
  email_method_removed: important,
  email_changed: important,
  sms_method_added: important,
  sms_method_removed: important,
  recovery_codes_regenerated: important,
  recovery_code_used: important,
  temporary_code_created: important,
  temporary_code_used: important,
  imported: important,
  sign_in_failures: repeating,
  codes_disabled: repeating,
  trusted_device_added: repeating,
  trusted_device_revoked: repeating,
  trusted_devices_ended: repeating,
  exemption_granted: repeating,
  exemption_ended: repeating,
  unlocked: repeating,
  policy_changed: important,
  policy_set_by_operator: important,
  enforcement_on: latest,
  enforcement_reminder: latest,
  /** Stands for events of different kinds that an outbox at its limit had no room for. */
  several_changes: important,
  account_closed: silent,
  account_erased: silent,
  settings_changed: silent,
  user_added: silent,
  admin_granted: silent,
  admin_revoked: silent,
  default_method_changed: silent,
  mail_bounced: silent,
  notices_paused: silent,
  sms_stopped: silent,
} as const satisfies Record<string, Treatment>;

export type EventType = keyof typeof eventTypes;

/** Events that somebody is mailed about; the others are for the audit trail alone. */
export type NoticeType = {
  [T in EventType]: (typeof eventTypes)[T]['mailed'] extends true ? T : never;
}[EventType];

/** The treatment of an event by its stored type. One of a newer release is mailed, in general words. */
export const treatmentOf = (type: string): Treatment =>
  Object.hasOwn(eventTypes, type) ? eventTypes[type as EventType] : important;
