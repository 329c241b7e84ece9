/**
 * Cognito keeps the password, Countersign does the second factor: the three triggers of a custom authentication flow
 * (`CUSTOM_AUTH`, begun with `SRP_A`). The page shows `<countersign-prompt>` with `challenge`, and answers Cognito with the
 * token. `test/examples/back-ends.test.ts` calls the triggers with Cognito's events; a user pool itself is unproven.
 */

import type {
  CreateAuthChallengeTriggerEvent,
  DefineAuthChallengeTriggerEvent,
  VerifyAuthChallengeResponseTriggerEvent,
} from 'aws-lambda';
import { type Countersign, CountersignError } from 'countersign';

/** `accountOf`: the customer's account of a user, for example a custom attribute. */
export function triggers(twoFactor: Countersign, accountOf: (attributes: Record<string, string>) => string) {
  /** SRP, then the password, then Countersign; tokens once it has passed, failure after the first wrong answer. */
  async function define(event: DefineAuthChallengeTriggerEvent) {
    const { session } = event.request;
    const last = session.at(-1);
    const next = { SRP_A: 'PASSWORD_VERIFIER', PASSWORD_VERIFIER: 'CUSTOM_CHALLENGE' } as const;
    const nextName = last?.challengeResult ? next[last.challengeName as keyof typeof next] : undefined;
    const passed = last?.challengeName === 'CUSTOM_CHALLENGE' && last.challengeResult && session.length === 3;
    event.response.issueTokens = passed === true;
    event.response.failAuthentication = !passed && !nextName;
    if (nextName) event.response.challengeName = nextName;
    return event;
  }

  async function create(event: CreateAuthChallengeTriggerEvent) {
    const attributes = event.request.userAttributes;
    const { sub: id = '', email = '', email_verified } = attributes;
    const started = await twoFactor.start({
      accountId: accountOf(attributes),
      user: { id, email, ...(email_verified === 'true' ? { emailVerified: true } : {}) },
      firstFactor: { method: 'password' },
    });
    event.response.publicChallengeParameters = { challenge: JSON.stringify(started) };
    const { challengeId = '' } = started.status === 'passed' ? {} : started;
    // Somebody without a second factor has passed: the page answers with the token that stands in `challenge`.
    const passedToken = started.status === 'passed' ? started.token : '';
    event.response.privateChallengeParameters = { challengeId, passedToken };
    return event;
  }

  async function verify(event: VerifyAuthChallengeResponseTriggerEvent) {
    const { challengeAnswer: token, privateChallengeParameters, userAttributes } = event.request;
    const { challengeId = '', passedToken = '' } = privateChallengeParameters;
    const expected = { accountId: accountOf(userAttributes), userId: userAttributes.sub ?? '', challengeId };
    const finished = passedToken === '' && twoFactor.finish(token, expected).then(() => true);
    const answer = finished || Promise.resolve(token === passedToken);
    event.response.answerCorrect = await answer.catch((error) => {
      if (error instanceof CountersignError && error.code === 'token_invalid') return false;
      throw error;
    });
    return event;
  }

  return { define, create, verify };
}
