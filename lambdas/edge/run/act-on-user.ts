/** What the acts of admins and support on another user have in common. */
import type { Decision } from '../../core/decision.ts';
import type { ActOnUser } from '../../core/desk/act-on-user.ts';
import type { Refusal } from '../../core/refusal.ts';
import type { Loaded } from '../../core/state/item.ts';
import type { UserTokenClaims } from '../../core/state/user-token-claims.ts';
import { store } from '../setup/wiring.ts';
import { decideAndSave } from './decide.ts';

/** Decides on the user in the path, always of the caller's own account. */
export function actOnUser<A>(
  { path, body }: { path: { id: string }; body: { reason: string } },
  token: UserTokenClaims,
  decide: (loaded: Loaded, command: ActOnUser) => Decision<A>,
): Promise<A | Refusal> {
  const ref = { accountId: token.accountId, userId: path.id };
  const command = { token, userId: ref.userId, reason: body.reason };
  return decideAndSave<A>({ store: store() }, ref, (loaded) => decide(loaded, command));
}
