/** Turning codes by email off. */
import type { Context, Decision } from '../decision.ts';
import { email } from '../factors/email.ts';
import type { SpendPorts } from '../factors/spend.ts';
import type { Loaded } from '../state/item.ts';
import type { Sensitive } from './proof.ts';
import { remove, type Status } from './removal.ts';

const method = { has: email.isOn, removedFrom: email.removedFrom, event: 'email_method_removed' } as const;

/** Turns codes by email off. The last factor to go turns two-factor off. Refuses what `remove` refuses. */
export const removeEmailMethod = (
  loaded: Loaded,
  command: Sensitive,
  ports: SpendPorts,
  context: Context,
): Promise<Decision<Status>> => remove(loaded, method, command, ports, context);
