/** What the acts of admins and support on another user have in common. */

import type { Context, Decision } from '../../core/decision.ts';
import type { ActOnUser } from '../../core/desk/act-on-user.ts';
import { isRefusal, type Refusal } from '../../core/refusal.ts';
import type { Loaded } from '../../core/state/item.ts';
import type { Flow } from '../../routes.ts';
import { adminCaller } from '../http/callers.ts';
import type { Request } from '../http/request.ts';
import { store, verifier } from '../setup/wiring.ts';
import { decideAndSave } from './decide.ts';

/** Decides on the user in the path, always of the caller's own account. */
export async function actOnOtherUser<A extends object>(
  request: Pick<Request<Flow>, 'headers' | 'nowMs' | 'contextOf' | 'path'> & { body: { reason: string } },
  decide: (loaded: Loaded, command: ActOnUser, context: Context) => Decision<A>,
): Promise<A | Refusal> {
  const token = await adminCaller(request, verifier());
  if (isRefusal(token)) {
    return token;
  }
  const ref = { accountId: token.accountId, userId: request.path.id as string };
  const context = request.contextOf({
    kind: token.role === 'support' ? 'support' : 'admin',
    id: token.userId,
  });
  const command = { token, userId: ref.userId, reason: request.body.reason };
  return decideAndSave({ store: store() }, ref, (loaded) => decide(loaded, command, context));
}
