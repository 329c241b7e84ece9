/** Authenticator apps: codes of RFC 6238 by a secret that only the stage's keys open. */
import { refOf, without } from '../state/item.ts';
import type { CodeAttempt, Factor, Judge, Verdict } from './factor.ts';
import { matchTotp, slowMinutes } from './rfc6238.ts';

export const totp: Factor<'totp'> = {
  method: 'totp',
  amr: ['otp', 'mfa'],
  budget: 'codes',
  liftsLocks: false,
  enrolsInSignIn: true,
  mintsTrust: true,
  isOn: (user) => user.authenticators.length > 0,
  isOffered: () => true,
  isPresentable: (user) => user.authenticators.length > 0,
  removedFrom: (user) => ({ ...without(user, 'pendingAuthenticator'), authenticators: [] }),
  sentTo: () => undefined,
  advice: {
    incorrect:
      "That code is not right. Wait for the next one, and check that your phone's clock is set automatically.",
    used: 'This code was already used. Wait for the next one.',
  },
};

/**
 * Looks for the code in every authenticator of the user and spends its time step there. All secrets are opened at once and
 * all are tried, so that the time it takes does not tell which one matched; so is whether a clock is slow, though only a
 * code that is wrong says so.
 */
export const judgeTotp: Judge<CodeAttempt<'totp'>, 'secrets'> = async (
  { user, account },
  _place,
  { code },
  { secrets },
  { nowMs },
) => {
  const ref = refOf(user);
  const opened = await Promise.all(
    user.authenticators.map(async (authenticator) => ({
      authenticator,
      secret: await secrets.open(authenticator.secret, ref, authenticator.id, nowMs),
    })),
  );
  let verdict: Verdict = 'incorrect';
  let slow: number | undefined;
  for (const { authenticator, secret } of opened) {
    const match = matchTotp(secret, code, nowMs, authenticator.lastTimeStep, account.policy.strictWindow);
    slow = slowMinutes(secret, code, nowMs, authenticator.lastTimeStep) ?? slow;
    if (match && !match.used) {
      const used = { ...authenticator, lastTimeStep: match.timeStep, lastUsedAtMs: nowMs };
      const authenticators = user.authenticators.map((one) => (one.id === used.id ? used : one));
      verdict = { spent: { ...user, authenticators } };
    } else if (match && verdict === 'incorrect') {
      verdict = 'used';
    }
  }
  return verdict === 'incorrect' && slow ? { incorrect: user, detail: slowClock(slow) } : verdict;
};

/** What to tell somebody whose code was right some minutes ago. */
export const slowClock = (minutes: number): string =>
  `That code is not right. Your phone's clock seems to be ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} slow. ` +
  'Let the phone set it automatically, then use the next code.';
