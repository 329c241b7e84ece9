import { describe, expect, it } from 'vitest';
import type { Decided, Ports } from '../../../lambdas/core/decision.ts';
import {
  type ChallengeSeal,
  type SmsCounts,
  Unavailable,
  type UserStore,
} from '../../../lambdas/core/ports.ts';
import { type Loaded, newAccount, newUser, type User } from '../../../lambdas/core/state/item.ts';
import { decideAndSave } from '../../../lambdas/edge/run/decide.ts';

const ref = { accountId: 'acct', userId: 'ada' };

/** A store that answers saves as told, `saved` at the end, and counts what it is asked. */
function storeWith(...outcomes: ('conflict' | 'saved' | Error)[]) {
  const seen = { loads: 0, saved: [] as User[] };
  const store: Partial<UserStore> = {
    load: async () => {
      seen.loads += 1;
      const user = { ...newUser(ref, 'ada@example.com', 1), rev: seen.loads };
      return { user, account: newAccount('acct') };
    },
    save: async (user) => {
      const outcome = outcomes.shift() ?? 'saved';
      if (outcome instanceof Error) {
        throw outcome;
      }
      seen.saved.push(user);
      return outcome;
    },
  };
  return { seen, store: store as UserStore };
}

const savesWhatItSaw = ({ user }: Loaded): Decided<{ rev: number }> => ({
  save: user as User,
  answer: { rev: (user as User).rev },
});

describe('load, decide, save', () => {
  it('a decision that is saved is answered', async () => {
    const { store, seen } = storeWith();
    expect(await decideAndSave({ store }, ref, savesWhatItSaw)).toEqual({ rev: 1 });
    expect(seen.saved).toHaveLength(1);
  });

  it('a decision with nothing to save writes nothing', async () => {
    const { store, seen } = storeWith();
    expect(await decideAndSave({ store }, ref, () => ({ answer: { done: true } }))).toEqual({ done: true });
    expect(seen.saved).toEqual([]);
  });

  it('S18 a lost race is decided again on the new state, and only that is answered', async () => {
    const { store, seen } = storeWith('conflict', 'conflict');
    expect(await decideAndSave({ store }, ref, savesWhatItSaw)).toEqual({ rev: 3 });
    expect(seen.saved.map(({ rev }) => rev)).toEqual([1, 2, 3]);
  });

  it('S18 three lost races are busy, and nothing is said of what was decided', async () => {
    const { store, seen } = storeWith('conflict', 'conflict', 'conflict');
    expect(await decideAndSave({ store }, ref, savesWhatItSaw)).toMatchObject({ refused: 'busy' });
    expect(seen.loads).toBe(3);
  });

  it('S25 a save that fails fails alike for a right and a wrong code: neither is answered', async () => {
    const down = new Unavailable('down');
    const right = (state: Loaded) => savesWhatItSaw(state);
    const wrong = ({ user }: Loaded): Decided<object> => ({
      save: user as User,
      answer: { refused: 'code_incorrect' },
    });
    for (const decide of [right, wrong]) {
      await expect(decideAndSave({ store: storeWith(down).store }, ref, decide)).rejects.toBe(down);
    }
  });

  it('S18 nothing is saved, opened, hashed or drawn twice when the race was lost', async () => {
    const { store } = storeWith('conflict');
    const asked: string[] = [];
    const seal = {
      macs: async (text: string) => {
        asked.push(text);
        return [new Uint8Array([asked.length])];
      },
    } as Partial<ChallengeSeal> as ChallengeSeal;
    const drawn = new Set<string>();
    const answer = await decideAndSave({ store, seal }, ref, async ({ user }, ports) => {
      const [one] = await ports.seal.macs('one');
      const [other] = await ports.seal.macs('other');
      drawn.add(ports.fresh.recoveryCodes().codes.join());
      return { save: user as User, answer: { one: one?.[0], other: other?.[0] } };
    });
    expect(answer).toEqual({ one: 1, other: 2 });
    expect(asked).toEqual(['one', 'other']);
    expect(drawn.size).toBe(1);
  });

  it('what is answered after the save does not start before it has landed', async () => {
    const { store, seen } = storeWith('conflict');
    const started: number[] = [];
    const answer = await decideAndSave({ store }, ref, ({ user }) => ({
      save: user as User,
      afterSave: async () => {
        started.push(seen.saved.length);
        return { rev: (user as User).rev };
      },
    }));
    expect(answer).toEqual({ rev: 2 });
    expect(started).toEqual([2]);
  });

  it('a use of a text message is counted once the save has landed, once, and not for a race that was lost', async () => {
    const { store, seen } = storeWith('conflict');
    const counted: number[] = [];
    const smsCounts = {
      countUse: async () => {
        counted.push(seen.saved.length);
      },
    } as Partial<SmsCounts> as SmsCounts;
    await decideAndSave({ store, smsCounts }, ref, ({ user, account }, ports) => {
      ports.smsCounts.countUse(account.accountId, 1);
      return { save: user as User, answer: {} };
    });
    expect(counted).toEqual([2]);
  });

  it('a port that the flow does not wire does not compile', async () => {
    await decideAndSave({ store: storeWith().store }, ref, async (_loaded, ports) => {
      // @ts-expect-error: the hasher is not wired
      expect(ports.hasher).toBeUndefined();
      return { answer: {} };
    });
  });

  it('a plain port is not one that remembers, and does not compile in its place', async () => {
    const plain: Pick<ChallengeSeal, 'seal' | 'macs'> = { seal: async () => '', macs: async () => [] };
    // @ts-expect-error: only decideAndSave makes ports for decisions
    const port: Ports['seal'] = plain;
    expect(port).toBe(plain);
  });
});
