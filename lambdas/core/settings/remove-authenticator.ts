/** Removing one authenticator. */
import type { Context, Decision } from '../decision.ts';
import type { SpendPorts } from '../factors/spend.ts';
import { isEnabled } from '../factors/table.ts';
import { refuse } from '../refusal.ts';
import type { Loaded, User } from '../state/item.ts';
import type { Sensitive } from './proof.ts';
import { remove, type Status } from './removal.ts';

/** Removes one authenticator. The last factor to go turns two-factor off. Refuses `not_found` and what `remove` refuses. */
export async function removeAuthenticator(
  loaded: Loaded,
  command: Sensitive & { authenticatorId: string },
  ports: SpendPorts,
  context: Context,
): Promise<Decision<Status>> {
  const others = ({ authenticators }: User) =>
    authenticators.filter(({ id }) => id !== command.authenticatorId);
  const { user } = loaded;
  if (user && others(user).length === user.authenticators.length) {
    return { answer: refuse('not_found', { reason: 'authenticator', detail: 'No such authenticator.' }) };
  }
  const removedFrom = (from: User): User => ({ ...from, authenticators: others(from) });
  const removal = { has: isEnabled, removedFrom, event: 'authenticator_removed' } as const;
  return remove(loaded, removal, command, ports, context);
}
