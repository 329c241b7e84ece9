/**
 * The hosted prompt: no element, no page of your own. The browser goes to Countersign and comes back, 15 lines in all.
 * Unproven as a whole until the API serves `returnTo`; `test/examples/back-ends.test.ts` runs what goes before.
 */
import type { Countersign } from 'countersign';

type User = { accountId: string; id: string; email: string };
export type Session = {
  user?: User | undefined;
  pending?: { user: User; challengeId: string; challengeToken: string } | undefined;
};

/** The password was right. Answers with where to send the browser. */
export async function begin(twoFactor: Countersign, session: Session, user: User, returnTo: string) {
  const { accountId, ...profile } = user;
  const firstFactor = { method: 'password' } as const;
  const started = await twoFactor.start({ accountId, user: profile, firstFactor, returnTo });
  if (started.status === 'passed') {
    session.user = user;
    return '/';
  }
  const { challengeId, challengeToken, promptUrl } = started;
  session.pending = { user, challengeId, challengeToken };
  return promptUrl ?? '/sign-in?failed';
}

/** `GET` of `returnTo`. Only the session that began this sign-in can end it: a link from somebody else ends nothing. */
export async function end(twoFactor: Countersign, session: Session, returned: URLSearchParams) {
  const { pending } = session;
  if (!pending || returned.get('challengeId') !== pending.challengeId) {
    return '/sign-in';
  }
  const { user, challengeId, challengeToken } = pending;
  const { token } = await twoFactor.result({ challengeToken, resultCode: returned.get('resultCode') });
  await twoFactor.finish(token, { accountId: user.accountId, userId: user.id, challengeId });
  session.user = user;
  session.pending = undefined;
  return '/';
}
