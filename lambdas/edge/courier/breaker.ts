/** What is down is not asked again and again: a courier's time belongs to the sinks that answer. */
import { type Announcer, Unavailable } from '../../core/ports.ts';

const failuresInARow = 3;

/**
 * The same announcer, which after three failures in a row fails at once until the courier's run ends: the next ones wait
 * for their back-off instead of for a timeout each.
 */
export function withBreaker(announcer: Announcer): Announcer {
  let failures = 0;
  return {
    announce: async (ref, event) => {
      if (failures >= failuresInARow) {
        throw new Unavailable('the event bus was not asked: it failed before in this run');
      }
      try {
        await announcer.announce(ref, event);
        failures = 0;
      } catch (error) {
        failures += 1;
        throw error;
      }
    },
  };
}
