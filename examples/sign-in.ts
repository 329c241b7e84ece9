/** The README's example: what an app's back end does with Countersign. `test/examples/back-ends.test.ts` signs in with it. */
import { Countersign } from 'countersign';

const twoFactor = new Countersign({
  url: process.env.COUNTERSIGN_URL ?? 'http://localhost:4400', // the stack's output `Issuer`
  audience: 'acme', // as in the stage's settings
}); // AWS credentials and region are found as the AWS SDK finds them

type User = { accountId: string; id: string; email: string };
type Session = { user?: User; pending?: { user: User; challengeId: string } };

/** The password was right. Answers with what the browser goes on with, or `undefined` for a sign-in that is complete. */
export async function afterPassword(session: Session, { accountId, ...user }: User) {
  const started = await twoFactor.start({ accountId, user, firstFactor: { method: 'password' } });
  if (started.status === 'passed') {
    session.user = { accountId, ...user };
    return undefined;
  }
  session.pending = { user: { accountId, ...user }, challengeId: started.challengeId };
  return started; // for <countersign-prompt>, or for pages of your own by `countersign/browser`
}

/** The browser came back with a token. Throws unless it completes the sign-in that this session began. */
export async function afterSecondFactor(session: Session, token: unknown) {
  const { user, challengeId } = session.pending ?? {};
  if (!user || !challengeId) {
    throw new Error('Start again with the password.');
  }
  await twoFactor.finish(token, { accountId: user.accountId, userId: user.id, challengeId });
  session.user = user;
  session.pending = undefined;
}

/** For `<countersign-security>` in the settings. `reauthenticatedAt`: when the person last gave the password. */
export const userToken = ({ accountId, id }: User, reauthenticatedAt?: Date) =>
  twoFactor.userToken({ accountId, userId: id, role: 'user', reauthenticatedAt });
