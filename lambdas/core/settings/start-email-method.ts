/** Turning codes by email on, or moving them: a code to the address in the profile. */
import { type Context, type Decision, type Here, isRefused } from '../decision.ts';
import { mailboxOf } from '../factors/email.ts';
import { isAllowed } from '../factors/methods.ts';
import type { SpendPorts } from '../factors/spend.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type CodeToSend, newCode, type SendPorts } from '../sign-in/send-code.ts';
import type { Loaded, User } from '../state/item.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';
import { ownUser } from './own-user.ts';
import { proven, provenToEnrol, type Sensitive } from './proof.ts';

/**
 * Sends the code that will turn codes by email on, or move them to the address that the profile has now. Refuses `not_found`, `already_enabled`, `method_not_allowed`, what
 * `proven` refuses, and the limits on codes.
 */
export async function startEmailMethod(
  loaded: Loaded,
  command: Sensitive,
  ports: SpendPorts & SendPorts,
  context: Context,
): Promise<Decision<CodeToSend>> {
  const user = userToMail(loaded, command.token, context);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const state = { user, account: loaded.account };
  const asked = user.emailMethod ? proven : provenToEnrol;
  const allowed = await asked(state, command, ports, context);
  if (isRefused(allowed)) {
    return allowed;
  }
  return newCode({ ...state, user: allowed.user }, 'pendingEmailMethod', 'email', ports, context);
}

/**
 * The user who may turn it on, or move it to the address that is in the profile now. Refuses `not_found`,
 * `credentials_invalid`, `already_enabled`, `method_not_allowed`.
 */
export function userToMail(loaded: Loaded, token: UserTokenClaims, here: Here): User | Refusal {
  const user = ownUser(loaded, token);
  if (isRefusal(user)) {
    return user;
  }
  if (user.emailMethod && mailboxOf(user) === user.email) {
    return refuse('already_enabled', { detail: 'Codes by email are on already.' });
  }
  return isAllowed(loaded.account, 'email', here)
    ? user
    : refuse('method_not_allowed', {
        reason: 'policy',
        detail: 'The account does not allow codes by email.',
      });
}
