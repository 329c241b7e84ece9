/** Spending a second factor: the one place where an attempt is judged, whatever flow it came by. */
import type { Context, Ports, Proceed, Refused } from '../decision.ts';
import { withAttempt } from '../notices/attempts.ts';
import { refuse } from '../refusal.ts';
import type { PlaceMemory, State } from '../state/item.ts';
import type { Method } from '../state/methods.ts';
import { withFailure, withSuccess } from './budget.ts';
import { email } from './email.ts';
import type { CodeAttempt, Factor, Judge } from './factor.ts';
import { lockedOut } from './locked-out.ts';
import { judgePasskey } from './passkey.ts';
import { memoryOf, type Place, triesLeft, withMemory } from './places.ts';
import { judgeRecoveryCode } from './recovery-code.ts';
import { judgeSentCode } from './sent-code.ts';
import { judgeSms, sms } from './sms.ts';
import { factors } from './table.ts';
import { judgeTemporaryCode } from './temporary-code.ts';
import { judgeTotp } from './totp.ts';

/** One attempt of any method. */
export type Attempt = { [M in keyof typeof judges]: Parameters<(typeof judges)[M]>[2] }[Method];

/** What stands as proof of a sensitive act: a factor of the person's own, or a recovery code. */
export type ProofAttempt = Exclude<Attempt, { method: 'temporary_code' }>;

/** The ports that judging any method takes. */
export type SpendPorts = Pick<Ports, 'secrets' | 'hasher' | 'seal' | 'smsCounts' | 'assertions'>;

/** Beside the table of factors, so that a function that judges nothing carries no library for it. */
const judges = {
  passkey: judgePasskey,
  totp: judgeTotp,
  sms: judgeSms,
  email: judgeSentCode as Judge<CodeAttempt<'email'>, 'seal'>,
  recovery_code: judgeRecoveryCode,
  temporary_code: judgeTemporaryCode,
} satisfies { [M in Method]: unknown };

/**
 * Checks an attempt against the user's factor. A wrong one costs one try of its place and one failure of the user's budget;
 * one that was right but is used costs a try alone, for it is no guess. Refuses `too_many_attempts`, `codes_disabled`,
 * `code_incorrect`, `code_already_used`; nothing is compared while a lock or a spent challenge stands.
 *
 * After it, go on with `spent.user`, never with the user from before: saving that one would give the code back.
 */
export function spendFactor(
  state: State,
  place: Place,
  attempt: Attempt,
  ports: SpendPorts,
  context: Context,
): Promise<Proceed | Refused> {
  const judge = judges[attempt.method] as Judge<Attempt, keyof SpendPorts>;
  return spend(factors[attempt.method], judge, state, place, attempt, ports, context);
}

/** Spends a code that was sent by email, where nothing else is taken. */
export const spendMailedCode = (
  state: State,
  place: Place,
  code: string,
  ports: Pick<Ports, 'seal'>,
  context: Context,
): Promise<Proceed | Refused> =>
  spend(email, judges.email, state, place, { method: 'email', code }, ports, context);

/** Spends a code that was sent by text message, where nothing else is taken. */
export const spendTextedCode = (
  state: State,
  place: Place,
  code: string,
  ports: Pick<Ports, 'seal' | 'smsCounts'>,
  context: Context,
): Promise<Proceed | Refused> => spend(sms, judgeSms, state, place, { method: 'sms', code }, ports, context);

async function spend<A extends { method: Method }, P extends keyof Ports>(
  factor: Factor,
  judge: Judge<A, P>,
  state: State,
  place: Place,
  attempt: A,
  ports: Pick<Ports, P>,
  context: Context,
): Promise<Proceed | Refused> {
  const { user } = state;
  const memory = memoryOf(user, place, context.nowMs);
  const locked = lockedOut(user, place, factor, context);
  if (locked) {
    return locked;
  }
  const verdict = await judge(state, place, attempt, ports, context);
  const at = { method: factor.method, place };
  if (typeof verdict === 'object' && 'spent' in verdict) {
    const passed = withAttempt(withSuccess(verdict.spent, factor), 'passed', at, context);
    return { user: passed, amr: verdict.amr };
  }
  if (verdict === 'used') {
    return {
      save: withAttempt(withMemory(user, place, oneTryLess(memory), context.nowMs), 'used', at, context),
      answer: refuse('code_already_used', { detail: factor.advice.used }),
    };
  }
  const { incorrect: left, detail = factor.advice.incorrect } =
    verdict === 'incorrect' ? { incorrect: user } : verdict;
  const tried = oneTryLess(memoryOf(left, place, context.nowMs));
  const failed = withMemory(withFailure(left, factor, context), place, tried, context.nowMs);
  return {
    save: withAttempt(failed, 'wrong', at, context),
    answer: refuse('code_incorrect', {
      detail,
      attemptsRemaining: triesLeft(tried),
    }),
  };
}

const oneTryLess = (memory: PlaceMemory): PlaceMemory => ({ ...memory, failures: memory.failures + 1 });
