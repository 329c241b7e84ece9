/** People in batches that one request takes: at most 25 users and 50 recovery codes, of one account. */
import type { Person } from './people.ts';

const most = { users: 25, recoveryCodes: 50 };

export function batchesOf(people: readonly Person[]): Person[][] {
  const batches: Person[][] = [];
  for (const person of people) {
    const last = batches.at(-1);
    if (last && last[0]?.accountId === person.accountId && fits(last, person)) {
      last.push(person);
    } else {
      batches.push([person]);
    }
  }
  return batches;
}

function fits(batch: Person[], person: Person): boolean {
  const codes = [...batch, person].reduce((sum, { recoveryCodes }) => sum + recoveryCodes.length, 0);
  return batch.length < most.users && codes <= most.recoveryCodes;
}
