/** What the changes of one's own two-factor have in common: a user token, the body's proof, one decision. */
import type { Context, Step } from '../../core/decision.ts';
import type { CodeAttempt } from '../../core/factors/factor.ts';
import { isRefusal, type Refusal } from '../../core/refusal.ts';
import type { UserTokenClaims } from '../../core/settings/proof.ts';
import type { Loaded } from '../../core/state/item.ts';
import type { Flow } from '../../routes.ts';
import { userCaller } from '../http/callers.ts';
import type { Request } from '../http/request.ts';
import { counts, hasher, seal, secrets, store, verifier } from '../setup/wiring.ts';
import { decideAndSave } from './decide.ts';

type Command = { token: UserTokenClaims; proof?: CodeAttempt };

/** Decides on the caller's own state, with the proof that the body may hold. */
export async function changeOwnTwoFactor<A extends object>(
  request: Pick<Request<Flow>, 'headers' | 'nowMs' | 'contextOf'> & {
    body: { proof?: CodeAttempt | undefined };
  },
  decide: (loaded: Loaded, command: Command, context: Context) => Step<A>,
): Promise<A | Refusal> {
  const token = await userCaller(request, verifier());
  if (isRefusal(token)) {
    return token;
  }
  const context = request.contextOf({ kind: 'user', id: token.userId });
  const { proof } = request.body;
  const command = { token, ...(proof ? { proof } : {}) };
  const ports = { store: store(), seal: seal(), secrets: secrets(), hasher: hasher(), counts: counts() };
  return decideAndSave(ports, token, (loaded) => decide(loaded, command, context));
}
