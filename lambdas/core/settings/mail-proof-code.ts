/** A code to use as proof. */
import type { Context, Decision } from '../decision.ts';
import { provableMethods } from '../factors/methods.ts';
import { isEnabled } from '../factors/table.ts';
import { isRefusal, refuse } from '../refusal.ts';
import { type CodeToSend, newCode, type SendPorts } from '../sign-in/send-code.ts';
import type { Loaded } from '../state/item.ts';
import type { SentMethod } from '../state/methods.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';
import { ownUser } from './own-user.ts';

/**
 * Sends a code that proves a sensitive action, by a method that the user has turned on: anything weaker would let the
 * mailbox alone undo an authenticator. Refuses `not_found`, `not_enabled`, `method_not_allowed`, and the limits on codes.
 */
export async function mailProofCode(
  loaded: Loaded,
  { token, method }: { token: UserTokenClaims; method: SentMethod },
  ports: SendPorts,
  context: Context,
): Promise<Decision<CodeToSend>> {
  const user = ownUser(loaded, token);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const { account } = loaded;
  if (!isEnabled(user)) {
    return {
      answer: refuse('not_enabled', { detail: 'Two-factor authentication is off; no proof is needed.' }),
    };
  }
  if (!provableMethods({ user, account }, context.nowMs).includes(method)) {
    return {
      answer: refuse('method_not_allowed', {
        reason: 'not_enabled',
        detail: 'Use a method that you have turned on.',
      }),
    };
  }
  return newCode({ user, account }, 'proofs', method, ports, context);
}
