/** A mailed code to use as proof. */
import type { Context, Step } from '../decision.ts';
import { isEnabled, usableMethods } from '../factors/methods.ts';
import { userUnknown } from '../profile/user-unknown.ts';
import { refuse } from '../refusal.ts';
import { type CodeMethod, type CodeToSend, sendCode } from '../sign-in/send-code.ts';
import type { Loaded } from '../state/item.ts';

/**
 * Sends a code that proves a sensitive action, by a method that the user has turned on: anything weaker would let the
 * mailbox alone undo an authenticator. Refuses `not_found`, `not_enabled`, `method_not_allowed`, and the limits on codes.
 */
export function decideMailProofCode(loaded: Loaded, method: CodeMethod, context: Context): Step<CodeToSend> {
  const { user, account } = loaded;
  if (!user) {
    return { answer: userUnknown() };
  }
  if (!isEnabled(user)) {
    return {
      answer: refuse('not_enabled', { detail: 'Two-factor authentication is off; nothing wants a proof.' }),
    };
  }
  if (!usableMethods({ user, account }, context.nowMs).includes(method)) {
    return { answer: refuse('method_not_allowed', { detail: 'Use a method that you have turned on.' }) };
  }
  return sendCode({ user, account }, 'proofs', method, context);
}
