/** What follows when a user turns a factor on: two-factor is enabled, and the first time there are recovery codes. */
import { ask, type Context, type Step } from '../decision.ts';
import { type EventType, withEvent } from '../notices/events.ts';
import type { User } from '../state/item.ts';
import { isEnabled } from './methods.ts';

/**
 * Goes on with `after`, the user with one more factor, its news in the outbox, and ten recovery codes if there were none:
 * shown once, kept as hashes. `before` is the user without that factor. Whatever else is pending when the first factor
 * goes on was started without a proof, by a stolen session perhaps, and ends.
 */
export function enableFactor<A>(
  before: User,
  after: User,
  added: EventType,
  context: Context,
  then: (user: User, recoveryCodes?: string[]) => Step<A>,
): Step<A> {
  const news = isEnabled(before) ? added : 'two_factor_enabled';
  const kept = isEnabled(before) ? after : withoutPending(after);
  const enabledAtMs = isEnabled(before) ? before.enabledAtMs : context.nowMs;
  const counts = isEnabled(before) ? {} : { counts: { enrolled: 1 } };
  const enabled = withEvent({ ...kept, enabledAtMs, enrollmentRequired: false }, news, context, counts);
  return enabled.recoveryCodes ? then(enabled) : withNewRecoveryCodes(enabled, context, then);
}

function withoutPending(user: User): User {
  const { pendingAuthenticator: _totp, pendingEmailMethod: _email, pendingSmsMethod: _sms, ...kept } = user;
  return kept as User;
}

/** Goes on with the user whose recovery codes are ten new ones; every earlier one is gone with the same write. */
export function withNewRecoveryCodes<A>(
  user: User,
  context: Context,
  then: (user: User, recoveryCodes: string[]) => Step<A>,
): Step<A> {
  return ask('new-recovery-codes', {}, ({ codes, ...batch }) =>
    then({ ...user, recoveryCodes: { ...batch, generatedAtMs: context.nowMs } }, codes),
  );
}

/**
 * The user with two-factor off: every factor, pending one, recovery code and trusted device is gone. The count of
 * failures stays, so that turning it off and on buys a guesser nothing.
 */
export function withoutFactors(user: User): User {
  const {
    pendingAuthenticator: _pending,
    enabledAtMs: _since,
    emailMethod: _email,
    smsMethod: _sms,
    recoveryCodes: _codes,
    proofs: _proofs,
    pendingEmailMethod: _pendingEmail,
    pendingSmsMethod: _pendingSms,
    ...kept
  } = user;
  return { ...kept, authenticators: [], trustedDevices: [] } as User;
}
