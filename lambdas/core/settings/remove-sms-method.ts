/** Turning codes by text message off. */
import type { Context, Decision } from '../decision.ts';
import { sms } from '../factors/sms.ts';
import type { SpendPorts } from '../factors/spend.ts';
import type { Loaded } from '../state/item.ts';
import type { Sensitive } from './proof.ts';
import { remove, type Status } from './removal.ts';

const method = { has: sms.isOn, removedFrom: sms.removedFrom, event: 'sms_method_removed' } as const;

/** Turns codes by text message off. The last factor to go turns two-factor off. Refuses what `remove` refuses. */
export const removeSmsMethod = (
  loaded: Loaded,
  command: Sensitive,
  ports: SpendPorts,
  context: Context,
): Promise<Decision<Status>> => remove(loaded, method, command, ports, context);
