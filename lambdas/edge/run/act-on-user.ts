/** What the acts of admins and support on another user have in common. */
import type { Context, Decision, Ports } from '../../core/decision.ts';
import { type ActOnUser, mayAct } from '../../core/desk/act-on-user.ts';
import type { ProofAttempt } from '../../core/factors/spend.ts';
import { isRefusal, type Refusal } from '../../core/refusal.ts';
import type { Loaded } from '../../core/state/item.ts';
import type { UserTokenClaims } from '../../core/state/user-token-claims.ts';
import { proofPorts, seal } from '../setup/wiring.ts';
import { decideAndSave } from './decide.ts';

type Request = {
  path: { id: string };
  body: { reason: string; proof?: ProofAttempt | undefined };
  context: Context;
};

/**
 * Decides on the actor first, whose proof is spent, and then on the user in the path, always of the actor's own account.
 * `sealing`: the keyring, for an act that may be the first to need one. Two writes: an act that breaks off between them has spent the proof and changed nothing.
 */
export async function actOnUser<A>(
  { path, body, context }: Request,
  token: UserTokenClaims,
  decide: (
    loaded: Loaded,
    command: ActOnUser,
    ports: Pick<Ports, 'seal' | 'fresh'>,
  ) => Decision<A> | Promise<Decision<A>>,
  sealing = seal,
): Promise<A | Refusal> {
  const { accountId } = token;
  const command = { token, userId: path.id, reason: body.reason };
  const wired = proofPorts();
  const refusal = await decideAndSave(wired, token, (loaded, ports) =>
    mayAct(loaded, { ...command, proof: body.proof }, ports, context),
  );
  if (isRefusal(refusal)) {
    return refusal;
  }
  const ref = { accountId, userId: path.id };
  const { store } = wired;
  return decideAndSave({ store, seal: sealing() }, ref, (loaded, ports) => decide(loaded, command, ports));
}
