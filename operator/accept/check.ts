/** What one line of the acceptance suite is, and how it says that something does not hold. */
import { CountersignError } from '../../client/server.ts';
import type { World } from './world.ts';

export type Check = {
  /** The requirements that it shows. */
  rows: string[];
  what: string;
  /** `mailbox`: mails must be readable, which only the local service lets. */
  needs?: 'mailbox';
  run(world: World): Promise<void>;
};

class DoesNotHold extends Error {}

export function holds(condition: boolean, otherwise: string): asserts condition {
  if (!condition) {
    throw new DoesNotHold(otherwise);
  }
}

export function equal(actual: unknown, wanted: unknown, what: string): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(wanted)];
  holds(is === should, `${what} is ${is}, not ${should}`);
}

/** The call must be refused, with one of these codes. */
export async function refused(call: Promise<unknown>, ...codes: string[]): Promise<CountersignError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof CountersignError && codes.includes(error.code)) {
      return error;
    }
    throw new DoesNotHold(`expected ${codes.join(' or ')}, not ${(error as Error).message}`);
  }
  throw new DoesNotHold(`expected ${codes.join(' or ')}, and it was let through`);
}

/** How many of these calls were answered and how many refused. */
export async function outcomes(calls: Promise<unknown>[]): Promise<{ passed: number; refused: number }> {
  const results = await Promise.allSettled(calls);
  const passed = results.filter(({ status }) => status === 'fulfilled').length;
  return { passed, refused: results.length - passed };
}
