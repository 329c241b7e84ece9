/** Spending a second factor: the one place where a code is compared, whatever flow it came by. */

import { ask, type Context, type Made, type Step, thenDecided } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import { refuse } from '../refusal.ts';
import { type Account, refOf, type User } from '../state/item.ts';
import type { Method } from '../state/policy.ts';
import {
  type AttemptsKey,
  attemptsOf,
  codeScope,
  codeText,
  matchesMailedCode,
  outOfTries,
  triesLeft,
  withAttempts,
} from './attempts.ts';
import { lockOf, withFailure, withSuccess } from './budget.ts';
import { normalRecoveryCode, withoutRecoveryCode } from './recovery-code.ts';
import { matchTotp } from './totp.ts';

export type CodeAttempt = { method: Method; code: string };

type Verdict = { spent: User } | 'incorrect' | 'used';

/**
 * Checks a code against a user's factor and goes on with `passed` on the user that has it spent. A wrong code costs one
 * try of `key` and one failure of the user's budget; a code that was right but is used costs a try alone, for it is no
 * guess. Refuses `too_many_attempts`, `codes_disabled`, `code_incorrect`, `code_already_used`; nothing is compared while
 * a lock or a spent challenge stands.
 */
export function spendFactor<A>(
  state: { user: User; account: Account },
  key: AttemptsKey,
  attempt: CodeAttempt,
  context: Context,
  passed: (user: User) => Step<A>,
): Step<A> {
  const { user } = state;
  const attempts = attemptsOf(user, key, context.nowMs);
  const locked = outOfTries(attempts) ?? lockOf(user, attempt.method, context.nowMs);
  if (locked) {
    return { answer: locked };
  }
  return judge<A>(state, key, attempt, context, (verdict) => {
    if (typeof verdict === 'object') {
      const step = passed(withSuccess(verdict.spent, attempt.method));
      return attempt.method === 'sms' ? thenDecided(step, smsUsed(context)) : step;
    }
    const tried = { ...attempts, failures: attempts.failures + 1 };
    const counted = verdict === 'used' ? user : withFailure(user, attempt.method, context);
    const detail = verdict === 'used' ? undefined : wrongCodeDetail[attempt.method];
    const code = verdict === 'used' ? 'code_already_used' : 'code_incorrect';
    return {
      save: withAttempts(counted, key, tried, context.nowMs),
      answer: refuse(code, {
        ...(detail ? { detail } : {}),
        ...(verdict === 'used' ? {} : { attemptsRemaining: triesLeft(tried) }),
      }),
    };
  });
}

const smsUsed =
  ({ nowMs }: Context) =>
  <A>(made: Made<A>): Made<A> =>
    made.save ? { ...made, smsUsed: { atMs: nowMs } } : made;

const wrongCodeDetail: Record<Method, string> = {
  totp: "That code is not right. Wait for the next one, and check that your phone's clock is set automatically.",
  email: 'That code is not right. Use the newest mail, and look in the spam folder.',
  sms: 'That code is not right. Use the newest message.',
  recovery_code: 'That recovery code is not right, or it was used before.',
};

function judge<A>(
  state: { user: User; account: Account },
  key: AttemptsKey,
  attempt: CodeAttempt,
  context: Context,
  then: (verdict: Verdict) => Step<A>,
): Step<A> {
  if (attempt.method === 'totp') {
    return judgeTotp(state, attempt.code, context, then);
  }
  if (attempt.method === 'recovery_code') {
    return judgeRecoveryCode(state.user, attempt.code, context, then);
  }
  return judgeMailedCode(state.user, key, attempt, context, then);
}

function judgeTotp<A>(
  { user, account }: { user: User; account: Account },
  code: string,
  context: Context,
  then: (verdict: Verdict) => Step<A>,
): Step<A> {
  const sealed = user.authenticators.map(({ id, secret }) => ({
    authenticatorId: id,
    secret,
  }));
  return ask('open-secrets', { ref: refOf(user), sealed }, (secrets) => {
    let verdict: Verdict = 'incorrect';
    for (const authenticator of user.authenticators) {
      const secret = secrets[authenticator.id] as Uint8Array;
      const match = matchTotp(
        secret,
        code,
        context.nowMs,
        authenticator.lastTimeStep,
        account.policy.strictWindow,
      );
      if (match && !match.used) {
        const used = {
          ...authenticator,
          lastTimeStep: match.timeStep,
          lastUsedAtMs: context.nowMs,
        };
        const authenticators = user.authenticators.map((one) => (one.id === used.id ? used : one));
        verdict = { spent: { ...user, authenticators } };
      } else if (match && verdict === 'incorrect') {
        verdict = 'used';
      }
    }
    return then(verdict);
  });
}

function judgeRecoveryCode<A>(
  user: User,
  code: string,
  context: Context,
  then: (verdict: Verdict) => Step<A>,
): Step<A> {
  const batch = user.recoveryCodes;
  if (!batch || batch.hashes.length === 0) {
    return then('incorrect');
  }
  const of = {
    code: normalRecoveryCode(code),
    salt: batch.salt,
    rounds: batch.rounds,
  };
  return ask('recovery-hash', of, (hash) => {
    const without = withoutRecoveryCode(user, hash);
    if (!without) {
      return then('incorrect');
    }
    const remaining = String(without.recoveryCodes?.hashes.length ?? 0);
    return then({
      spent: withEvent({ ...without, trustedDevices: [] }, 'recovery_code_used', context, {
        detail: { remaining },
      }),
    });
  });
}

function judgeMailedCode<A>(
  user: User,
  key: AttemptsKey,
  attempt: CodeAttempt,
  context: Context,
  then: (verdict: Verdict) => Step<A>,
): Step<A> {
  const attempts = attemptsOf(user, key, context.nowMs);
  return ask('macs', { text: codeText(codeScope(user, key), attempt.code) }, (macs) => {
    if (!matchesMailedCode(attempts, attempt.method, macs, context.nowMs)) {
      return then('incorrect');
    }
    const { codes: _spent, ...rest } = attempts;
    return then({ spent: withAttempts(user, key, rest, context.nowMs) });
  });
}
