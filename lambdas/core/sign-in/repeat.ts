/** A lost answer, asked for again: the same key, challenge and attempt within a minute of success get the same claims. */
import type { Context, Decided, Ports } from '../decision.ts';
import { memoryOf } from '../factors/places.ts';
import type { Attempt } from '../factors/spend.ts';
import { isRefusal, refuse } from '../refusal.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { Loaded, PlaceMemory } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { vouchedUser } from './challenge.ts';
import { resultClaims, type SecondFactor } from './result-claims.ts';

export type Repeatable = {
  challenge: ChallengeClaims;
  attempt: Attempt;
  idempotencyKey?: string | undefined;
};

type Passed = {
  status: 'passed';
  token: string;
  expiresAtMs: number;
  secondFactor: SecondFactor;
  recoveryCodesRemaining?: number;
};
type Repeat = NonNullable<PlaceMemory['repeat']>;

/**
 * The answer to a repeat, by signing the same claims again; undefined for anything else. A minute after success a repeat is
 * refused as `challenge_used`, like every other use of a challenge that has passed. A challenge that goes back to the app
 * repeats nothing: the app fetches its result.
 */
export async function answerRepeat(
  loaded: Loaded,
  command: Repeatable,
  ports: Pick<Ports, 'seal' | 'signer'>,
  context: Context,
): Promise<Decided<Passed> | undefined> {
  const user = vouchedUser(loaded, command.challenge);
  if (isRefusal(user)) {
    return undefined;
  }
  const { repeat, result, passedAtMs = 0 } = memoryOf(user, command.challenge, context.nowMs);
  if (
    !repeat ||
    !result ||
    command.idempotencyKey === undefined ||
    command.challenge.returnTo !== undefined
  ) {
    return undefined;
  }
  const macs = await ports.seal.macs(repeatText(command));
  if (!macs.some((mac) => Buffer.compare(mac, repeat.mac) === 0)) {
    return undefined;
  }
  if (context.nowMs - passedAtMs > limits.challenge.repeatMs) {
    return {
      answer: refuse('challenge_used', {
        reason: 'passed',
        detail: 'This sign-in is complete. Start a new one.',
      }),
    };
  }
  const secondFactor = result.secondFactor as SecondFactor;
  const claims = resultClaims(command.challenge, secondFactor, result.jti, passedAtMs, result.amr);
  const token = await ports.signer.signResult(claims, context.nowMs);
  const { recoveryCodesRemaining } = repeat;
  const answer = { status: 'passed' as const, token, expiresAtMs: claims.exp * 1000, secondFactor };
  return { answer: recoveryCodesRemaining === undefined ? answer : { ...answer, recoveryCodesRemaining } };
}

/** What a repeat of this request is recognised by, if it carries an `Idempotency-Key`. */
export async function repeatOf(
  command: Repeatable,
  recoveryCodesRemaining: number | undefined,
  { seal }: Pick<Ports, 'seal'>,
): Promise<Repeat | undefined> {
  if (command.idempotencyKey === undefined) {
    return undefined;
  }
  const [mac] = await seal.macs(repeatText(command));
  return { recoveryCodesRemaining, mac: mac as Uint8Array };
}

const repeatText = ({ challenge, attempt, idempotencyKey }: Repeatable): string => {
  const { method, ...rest } = attempt;
  return JSON.stringify(['repeat', challenge.challengeId, idempotencyKey, method, ...Object.values(rest)]);
};
