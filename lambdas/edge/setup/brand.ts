/** How mails and authenticator apps name the product, and whom a user can ask. */
import type { Brand } from '../../core/notices/mails.ts';
import type { Account } from '../../core/state/item.ts';
import { setting } from './config.ts';

const productName = setting('productName');
const supportContact = setting('supportContact');
const settingsUrl = setting('settingsUrl');

/** The account's own name and contact, or the deployment's. */
export const brandOf = (account: Account | undefined): Brand => ({
  product: account?.issuer ?? productName,
  supportContact: account?.supportContact ?? supportContact,
  settingsUrl,
});
