/** What the operator (the app) sets for an account. */
import type { Context } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import type { Account } from '../state/item.ts';

export type AccountSettings = {
  issuer?: string | undefined;
  supportContact?: string | undefined;
  smsEnabled?: boolean | undefined;
  smsCountries?: string[] | undefined;
};

/**
 * The account with these settings, and the event that names the changed ones; what is not named stays. The same object when
 * nothing changed.
 */
export function withSettings(account: Account, settings: AccountSettings, context: Context): Account {
  const said = Object.entries(settings).filter(([, value]) => value !== undefined);
  const changed = said
    .filter(([key, value]) => JSON.stringify(account[key]) !== JSON.stringify(value))
    .map(([key]) => key);
  return changed.length > 0
    ? withEvent({ ...account, ...Object.fromEntries(said) }, 'settings_changed', context, {
        detail: { settings: changed.join(' ') },
      })
    : account;
}
