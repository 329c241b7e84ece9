/** What a challenge asks for now, by its token alone: for the hosted prompt, and for a page that was reloaded. */
import type { Here } from '../decision.ts';
import { mailboxOf, maskedEmail } from '../factors/email.ts';
import { enrollableMethods } from '../factors/methods.ts';
import { withPasskeyOptions } from '../factors/passkey-options.ts';
import type { ChallengeSeal } from '../ports.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { Account, Loaded, User } from '../state/item.ts';
import { methodsOfChallenge, userOfChallenge } from './challenge.ts';
import { challenge as begun, enrolment } from './create-challenge.ts';

export type ReadChallenge = {
  asked: ReturnType<typeof begun>['answer'] | ReturnType<typeof enrolment>['answer'];
  email: string;
  user: User;
  account: Account;
};

/** Changes nothing. Refuses what `userOfChallenge` refuses. */
export async function readChallenge(
  loaded: Loaded,
  claims: ChallengeClaims,
  seal: Pick<ChallengeSeal, 'macs'>,
  here: Here,
): Promise<ReadChallenge | Refusal> {
  const user = userOfChallenge(loaded, claims, here.nowMs);
  if (isRefusal(user)) {
    return user;
  }
  const { account } = loaded;
  const email = maskedEmail(mailboxOf(user));
  const methods = methodsOfChallenge({ user, account }, claims, here);
  if (claims.stage === 'verify' && methods.length > 0) {
    const { answer } = begun(user, account, claims, methods);
    return { asked: await withPasskeyOptions(answer, user, seal, here), email, user, account };
  }
  const { answer } = enrolment(user, account, claims, here);
  const asked = {
    ...answer,
    bootstrap: claims.stage === 'bootstrap' ? { method: 'email' as const, sentTo: email } : null,
    methods: enrollableMethods(user, account, here),
  };
  return { asked, email, user, account };
}
