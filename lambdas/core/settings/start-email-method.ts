/** Turning codes by email on: a code to the stored address. */
import { type Context, type Decision, isRefused } from '../decision.ts';
import { isAllowed } from '../factors/methods.ts';
import type { SpendPorts } from '../factors/spend.ts';
import { userUnknown } from '../profile/user-unknown.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type CodeToSend, newCode, type SendPorts } from '../sign-in/send-code.ts';
import type { Loaded, User } from '../state/item.ts';
import { proven, type Sensitive } from './proof.ts';

/**
 * Sends the code that will turn codes by email on. Refuses `not_found`, `already_enabled`, `method_not_allowed`, what
 * `proven` refuses, and the limits on codes.
 */
export async function startEmailMethod(
  loaded: Loaded,
  command: Sensitive,
  ports: SpendPorts & SendPorts,
  context: Context,
): Promise<Decision<CodeToSend>> {
  const user = userWithoutEmailMethod(loaded);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const state = { user, account: loaded.account };
  const allowed = await proven(state, command, ports, context);
  if (isRefused(allowed)) {
    return allowed;
  }
  return newCode({ ...state, user: allowed.user }, 'pendingEmailMethod', 'email', ports, context);
}

/** The user who may turn it on. Refuses `not_found`, `already_enabled`, `method_not_allowed`. */
export function userWithoutEmailMethod({ user, account }: Loaded): User | Refusal {
  if (!user) {
    return userUnknown();
  }
  if (user.emailMethod) {
    return refuse('already_enabled', { detail: 'Codes by email are on already.' });
  }
  return isAllowed(account, 'email')
    ? user
    : refuse('method_not_allowed', { detail: 'The account does not allow codes by email.' });
}
