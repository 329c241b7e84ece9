/** Turning two-factor off. */
import type { Context, Decision } from '../decision.ts';
import { withoutFactors } from '../factors/enable.ts';
import type { SpendPorts } from '../factors/spend.ts';
import { isEnabled } from '../factors/table.ts';
import type { Loaded } from '../state/item.ts';
import type { Sensitive } from './proof.ts';
import { remove, type Status } from './removal.ts';

const everything = { has: isEnabled, removedFrom: withoutFactors, event: 'two_factor_disabled' } as const;

/**
 * Turns two-factor off: the secrets, recovery codes and trusted devices are deleted, and the user is notified by mail.
 * Refuses what `remove` refuses.
 */
export const disableTwoFactor = (
  loaded: Loaded,
  command: Sensitive,
  ports: SpendPorts,
  context: Context,
): Promise<Decision<Status>> => remove(loaded, everything, command, ports, context);
