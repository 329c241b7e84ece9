/** Load, decide, save: how every decision about a user becomes real. */
import { randomBytes, randomInt } from 'node:crypto';
import type { Context, Decided, Decision, Ports } from '../../core/decision.ts';
import { recoveryCodeFrom } from '../../core/factors/recovery-code.ts';
import { temporaryCodeFrom } from '../../core/factors/temporary-code.ts';
import type { Fresh, Outside, SmsCounts, UserStore } from '../../core/ports.ts';
import { type Refusal, refuse } from '../../core/refusal.ts';
import type { Account, Loaded, UserRef } from '../../core/state/item.ts';
import { limits } from '../../core/state/limits.ts';
import { reportFailure } from './report.ts';

/** What a flow wires: the store, and of the ports those that its decision names. */
export type Wired = { store: UserStore; smsCounts?: SmsCounts } & Partial<
  Omit<Outside, 'smsCounts' | 'fresh'>
>;

/** The ports that a decision gets for what the flow has wired. One that it has not wired is missing here. */
export type PortsOf<W> = { [K in Extract<keyof W | 'fresh', keyof Ports>]: Ports[K] };

const maxSaves = 3;

/**
 * Loads the user's state, decides, and saves with one conditional write. A lost race decides again on the new state, three
 * times at most, then `busy`. Within this request the ports remember their answers: nothing is decrypted, hashed or drawn
 * twice. Nothing is answered before the write has landed, and an `afterSave` does not even start: a right code whose write
 * was lost takes no longer than a wrong one.
 */
export async function decideAndSave<A, W extends Wired = { store: UserStore }>(
  wired: W,
  ref: UserRef,
  decide: (loaded: Loaded, ports: PortsOf<W>) => Decided<A> | Promise<Decided<A>>,
): Promise<A | Refusal> {
  const remembered = rememberingAll({ ...wired, fresh });
  let decided: Decided<A> | undefined;
  for (let saves = 0; saves < maxSaves; saves += 1) {
    const uses: Use[] = [];
    const smsCounts = { countUse: (accountId: string, nowMs: number) => uses.push({ accountId, nowMs }) };
    const ports = { ...remembered, smsCounts } as unknown as PortsOf<W>;
    decided = await decide(await wired.store.load(ref), ports);
    if (!decided.save || (await wired.store.save(decided.save)) === 'saved') {
      await countUses(wired.smsCounts, uses);
      return 'afterSave' in decided ? decided.afterSave() : decided.answer;
    }
    if (recordsOnly(decided) === 'once') {
      break;
    }
  }
  return decided && recordsOnly(decided) ? (decided as Decision<A>).answer : busy();
}

const recordsOnly = <A>(decided: Decided<A>) => ('recordsOnly' in decided ? decided.recordsOnly : undefined);

type Use = { accountId: string; nowMs: number };

/** A count that could not be kept makes the account's text messages look worse, and refuses nobody who had the code. */
async function countUses(counts: SmsCounts | undefined, uses: Use[]): Promise<void> {
  for (const { accountId, nowMs } of uses) {
    await counts?.countUse(accountId, nowMs).catch((error) => reportFailure('sms-counts', '', error));
  }
}

/** Load, decide, save for an account's own item, which takes no ports. */
export async function changeAccount<A>(
  store: UserStore,
  accountId: string,
  decide: (account: Account) => { save?: Account; answer: A | Refusal },
): Promise<A | Refusal> {
  for (let saves = 0; saves < maxSaves; saves += 1) {
    const { save, answer } = decide(await store.loadAccount(accountId));
    if (!save || (await store.saveAccount(save)) === 'saved') {
      return answer;
    }
  }
  return busy();
}

const busy = (): Refusal => refuse('busy', { detail: 'Several requests at once. Try again.' });

/** A fresh id: 96 random bits, so that none is ever guessed or drawn twice. */
export const newId: Context['newId'] = (prefix) => `${prefix}_${randomBytes(12).toString('base64url')}`;

export const fresh: Fresh = {
  totpSecret: () => new Uint8Array(randomBytes(limits.totp.secretBytes)),
  sixDigits: () => randomInt(0, 1_000_000).toString().padStart(6, '0'),
  deviceToken: () => randomBytes(limits.trustedDevice.tokenBytes).toString('base64url'),
  temporaryCode: () => temporaryCodeFrom(randomBytes(10)),
  resultCode: () => randomBytes(32).toString('base64url'),
  passkeyChallenge: () => new Uint8Array(randomBytes(limits.passkey.challengeBytes)),
  recoveryCodes: () => ({
    codes: Array.from({ length: limits.recovery.codes }, () => recoveryCodeFrom(randomBytes(16))),
    salt: new Uint8Array(randomBytes(limits.recovery.saltBytes)),
  }),
};

/** The store is not remembered: a decision made again is made on the new state. */
const rememberingAll = ({ store: _store, ...ports }: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, port && remembering(port)]));

/**
 * The same port, answering each distinct call once. The answers can be secrets: they live as long as the request, and are
 * never logged.
 */
function remembering(port: object): object {
  const answers = new Map<string, unknown>();
  const once =
    (name: string, method: (...args: unknown[]) => unknown) =>
    (...args: unknown[]) => {
      const key = JSON.stringify([name, args]);
      if (!answers.has(key)) {
        answers.set(key, method.apply(port, args));
      }
      return answers.get(key);
    };
  return Object.fromEntries(
    Object.entries(port).map(([name, member]) => [
      name,
      typeof member === 'function' ? once(name, member) : member,
    ]),
  );
}
