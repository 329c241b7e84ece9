import { describe, expect, it } from 'vitest';
import { ask, type Step } from '../../../lambdas/core/decision.ts';
import { type ChallengeSeal, Unavailable, type UserStore } from '../../../lambdas/core/ports.ts';
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

const savesWhatItSaw = ({ user }: Loaded): Step<{ rev: number }> => ({
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
    const wrong = ({ user }: Loaded): Step<object> => ({
      save: user as User,
      answer: { refused: 'code_incorrect' },
    });
    for (const decide of [right, wrong]) {
      await expect(decideAndSave({ store: storeWith(down).store }, ref, decide)).rejects.toBe(down);
    }
  });

  it('what was asked of the outside once is not asked again when the race was lost', async () => {
    const { store } = storeWith('conflict');
    const asked: string[] = [];
    const seal = {
      macs: async (text: string) => {
        asked.push(text);
        return [new Uint8Array([asked.length])];
      },
    } as Partial<ChallengeSeal> as ChallengeSeal;
    const twice = ({ user }: Loaded) =>
      ask('macs', { text: 'one' }, ([one]) =>
        ask('macs', { text: 'other' }, ([other]) => ({
          save: user as User,
          answer: { one: one?.[0], other: other?.[0] },
        })),
      );
    expect(await decideAndSave({ store, seal }, ref, twice)).toEqual({ one: 1, other: 2 });
    expect(asked).toEqual(['one', 'other']);
  });

  it('a port that the flow does not wire is a mistake, not an answer', async () => {
    const asks = () => ask('macs', { text: 'text' }, () => ({ answer: { done: true } }));
    await expect(decideAndSave({ store: storeWith().store }, ref, asks)).rejects.toThrow(/seal/);
  });
});
