/**
 * The back end passes every call on: the browser talks to your own origin alone, and holds no token of Countersign. Any
 * server that speaks `Request` and `Response` (Hono, Bun, Deno, Next.js). `test/examples/back-ends.test.ts` runs it.
 */
import { type Countersign, CountersignError, type TransportRequest } from 'countersign';

type User = { accountId: string; id: string; email: string };
export type Session = {
  user?: User | undefined;
  pending?: { user: User; challengeId: string; token: string } | undefined;
};
type Code = { method: 'totp' | 'email' | 'sms' | 'recovery_code'; code: string };

export function signIn(twoFactor: Countersign) {
  /** The password was right: which methods may the person choose from? None for a sign-in that is complete. */
  async function begin(session: Session, user: User) {
    const { accountId, ...profile } = user;
    const firstFactor = { method: 'password' } as const;
    const started = await twoFactor.start({ accountId, user: profile, firstFactor });
    if (started.status === 'passed') {
      session.user = user;
      return [];
    }
    session.pending = { user, challengeId: started.challengeId, token: started.challengeToken };
    return started.methods;
  }

  /** A code from a form of your own. Says how many tries are left, or that the person is signed in. */
  async function enter(session: Session, { method, code }: Code) {
    if (!session.pending) throw new CountersignError('challenge_invalid', { status: 401 });
    const { user, challengeId, token: challengeToken } = session.pending;
    const body = { challengeToken, method, code };
    const answer = await twoFactor.forward({ method: 'POST', path: '/v1/challenges/verify', body });
    const { status, token, attemptsRemaining } = answer.body as Record<string, never>;
    if (status !== 'passed') return { signedIn: false, attemptsRemaining: attemptsRemaining ?? 0 };
    await twoFactor.finish(token, { accountId: user.accountId, userId: user.id, challengeId });
    session.user = user;
    session.pending = undefined;
    return { signedIn: true };
  }

  /** `POST /2fa`, for the settings: `element.transport = (call) => fetch('/2fa', ...)`. The token stays here. */
  async function passOn(session: Session, request: Request): Promise<Response> {
    if (!session.user || request.headers.get('sec-fetch-site') === 'cross-site') {
      return new Response(null, { status: 401 });
    }
    const { accountId, id: userId } = session.user;
    const { token: userToken } = await twoFactor.userToken({ accountId, userId, role: 'user' });
    return Response.json(await twoFactor.forward((await request.json()) as TransportRequest, { userToken }));
  }

  return { begin, enter, passOn };
}
