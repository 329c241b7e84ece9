/** Replacing the recovery codes. */
import type { Context, Step } from '../decision.ts';
import { withNewRecoveryCodes } from '../factors/enable.ts';
import type { CodeAttempt } from '../factors/factor.ts';
import { isEnabled } from '../factors/methods.ts';
import { withEvent } from '../notices/events.ts';
import { userUnknown } from '../profile/user-unknown.ts';
import { refuse } from '../refusal.ts';
import type { Loaded } from '../state/item.ts';
import { type UserTokenClaims, withProof } from './proof.ts';

/**
 * Makes ten new recovery codes; the old ones stop with the same write. Refuses `not_found`, `not_enabled`, and what
 * `withProof` refuses.
 */
export function decideRegenerateRecoveryCodes(
  loaded: Loaded,
  command: { token: UserTokenClaims; proof?: CodeAttempt },
  context: Context,
): Step<{ recoveryCodes: string[] }> {
  const { user, account } = loaded;
  if (!user) {
    return { answer: userUnknown() };
  }
  if (!isEnabled(user)) {
    return { answer: refuse('not_enabled', { detail: 'Turn two-factor authentication on first.' }) };
  }
  return withProof({ user, account }, command.token, command.proof, context, (proven) =>
    withNewRecoveryCodes(proven, context, (save, recoveryCodes) => ({
      save: withEvent(save, 'recovery_codes_regenerated', context),
      answer: { recoveryCodes },
    })),
  );
}
