/** Removing one passkey. */
import type { Context, Decision } from '../decision.ts';
import { passkeysOf } from '../factors/passkey.ts';
import type { SpendPorts } from '../factors/spend.ts';
import { isEnabled } from '../factors/table.ts';
import { refuse } from '../refusal.ts';
import type { Loaded, User } from '../state/item.ts';
import type { Sensitive } from './proof.ts';
import { remove, type Status } from './removal.ts';

/** Removes one passkey. The last factor to go turns two-factor off. Refuses `not_found` and what `remove` refuses. */
export async function removePasskey(
  loaded: Loaded,
  command: Sensitive & { passkeyId: string },
  ports: SpendPorts,
  context: Context,
): Promise<Decision<Status>> {
  const others = (user: User) => passkeysOf(user).filter(({ id }) => id !== command.passkeyId);
  const { user } = loaded;
  if (user && others(user).length === passkeysOf(user).length) {
    return { answer: refuse('not_found', { reason: 'passkey', detail: 'No such passkey.' }) };
  }
  const removedFrom = (from: User): User => ({ ...from, passkeys: others(from) });
  const removal = { has: isEnabled, removedFrom, event: 'passkey_removed' } as const;
  return remove(loaded, removal, command, ports, context);
}
