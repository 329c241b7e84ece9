/** Replacing the recovery codes. */
import { type Context, type Decision, isRefused, type Ports } from '../decision.ts';
import { withNewRecoveryCodes } from '../factors/enable.ts';
import type { SpendPorts } from '../factors/spend.ts';
import { isEnabled } from '../factors/table.ts';
import { withEvent } from '../notices/events.ts';
import { isRefusal, refuse } from '../refusal.ts';
import type { Loaded } from '../state/item.ts';
import { ownUser } from './own-user.ts';
import { proven, type Sensitive } from './proof.ts';

/**
 * Makes ten new recovery codes; the old ones stop with the same write. Refuses `not_found`, `not_enabled`, and what
 * `proven` refuses.
 */
export async function regenerateRecoveryCodes(
  loaded: Loaded,
  command: Sensitive,
  ports: SpendPorts & Pick<Ports, 'fresh'>,
  context: Context,
): Promise<Decision<{ recoveryCodes: string[] }>> {
  const user = ownUser(loaded, command.token);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const { account } = loaded;
  if (!isEnabled(user)) {
    return { answer: refuse('not_enabled', { detail: 'Turn two-factor authentication on first.' }) };
  }
  const allowed = await proven({ user, account }, command, ports, context);
  if (isRefused(allowed)) {
    return allowed;
  }
  const renewed = await withNewRecoveryCodes(allowed.user, ports, context);
  return {
    save: withEvent(renewed.user, 'recovery_codes_regenerated', context),
    answer: { recoveryCodes: renewed.recoveryCodes },
  };
}
