/** A code to use as proof. */
import type { Context, Decision, Here } from '../decision.ts';
import { provableMethods } from '../factors/methods.ts';
import { isEnabled } from '../factors/table.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type CodeToSend, newCode, type SendPorts } from '../sign-in/send-code.ts';
import type { Loaded, User } from '../state/item.ts';
import type { FactorMethod, SentMethod } from '../state/methods.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';
import { ownUser } from './own-user.ts';

/** Sends a code that proves a sensitive action. Refuses what `provingUser` refuses, and the limits on codes. */
export async function mailProofCode(
  loaded: Loaded,
  { token, method }: { token: UserTokenClaims; method: SentMethod },
  ports: SendPorts,
  context: Context,
): Promise<Decision<CodeToSend>> {
  const user = provingUser(loaded, token, method, context);
  return isRefusal(user)
    ? { answer: user }
    : newCode({ user, account: loaded.account }, 'proofs', method, ports, context);
}

/**
 * The user who may prove themselves by a method: one that they have turned on, for anything weaker would let the mailbox
 * alone undo an authenticator. Refuses `not_found`, `not_enabled`, `method_not_allowed`.
 */
export function provingUser(
  loaded: Loaded,
  token: UserTokenClaims,
  method: FactorMethod,
  here: Here,
): User | Refusal {
  const user = ownUser(loaded, token);
  if (isRefusal(user)) {
    return user;
  }
  if (!isEnabled(user)) {
    return refuse('not_enabled', { detail: 'Two-factor authentication is off; no proof is needed.' });
  }
  return provableMethods({ user, account: loaded.account }, here).includes(method)
    ? user
    : refuse('method_not_allowed', {
        reason: 'not_enabled',
        detail: 'Use a method that you have turned on.',
      });
}
