/** What the operator (the app) sets for an account. */
import type { Account } from '../state/item.ts';

export type AccountSettings = {
  issuer?: string | undefined;
  supportContact?: string | undefined;
  smsEnabled?: boolean | undefined;
  smsCountries?: string[] | undefined;
};

/** The account with these settings; what is not named stays. The same object when nothing changed. */
export function withSettings(account: Account, settings: AccountSettings): Account {
  const said = Object.entries(settings).filter(([, value]) => value !== undefined);
  const changed = said.some(([key, value]) => JSON.stringify(account[key]) !== JSON.stringify(value));
  return changed ? { ...account, ...Object.fromEntries(said) } : account;
}
