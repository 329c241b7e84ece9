/** Where somebody is in a sign-in. */
import type { SignInMethod } from '../../client/browser.ts';
import type { Failure } from '../base/failures.ts';

export type CodeStep = {
  at: 'code';
  method: SignInMethod;
  /** What was wrong with the last attempt, in words. */
  error?: string;
  /** Wrong authenticator codes so far: from the second on the phone's clock is mentioned. */
  wrong: number;
  /** No answer came: the button says "Try again". */
  unanswered?: boolean;
};

export type Step =
  | CodeStep
  | { at: 'choose'; error?: string }
  /** No code is taken until then. */
  | { at: 'locked'; untilMs: number }
  | { at: 'off' }
  | { at: 'ended'; failure: Failure }
  /** Something must be set up before this sign-in can pass. */
  | { at: 'enrol'; hasFailed?: boolean };

/** Failures after which this sign-in cannot go on. */
export const endsSignIn = ({ code, reason }: Failure): boolean =>
  ['challenge_expired', 'challenge_invalid', 'challenge_used'].includes(code) ||
  (code === 'too_many_attempts' && reason === 'spent');
