/**
 * One act that takes a second factor of its own, although the person is signed in. The route answers 401
 * `insufficient_user_authentication` (RFC 9470) until the request brings a token for exactly this transfer. Any server that
 * speaks `Request` and `Response`. `test/examples/back-ends.test.ts` runs it.
 */
import { type Action, type Countersign, CountersignError } from 'countersign';

type User = { accountId: string; id: string; email: string };
export type Session = { user: User; pending?: { challengeId: string } | undefined };
export type Transfer = { amount: string; to: string };
/** Your own. `useOnce`: false for a `jti` that came before; kept for as long as a token lives. */
export type Bank = { book(transfer: Transfer): Promise<void>; useOnce(jti: string): Promise<boolean> };

/** How strong the second factor has to be, and how long ago it may have been presented. */
const acr = 'mfa';
const maxAgeSeconds = 300;
const asked = `Bearer error="insufficient_user_authentication", error_description="Confirm this transfer with your second factor", acr_values="${acr}", max_age="${maxAgeSeconds}"`;

export function transfers(twoFactor: Countersign, bank: Bank) {
  /** Asks for the second factor. The page shows `challenge` in `<countersign-prompt>`, and sends the transfer again. */
  async function ask(session: Session, action: Action): Promise<Response> {
    const { accountId, ...user } = session.user;
    const firstFactor = { method: 'session' } as const;
    const challenge = await twoFactor.start({ accountId, user, firstFactor, action });
    // Never `passed`: neither a remembered device nor an exemption confirms an act.
    if (challenge.status !== 'passed') session.pending = { challengeId: challenge.challengeId };
    return Response.json({ challenge }, { status: 401, headers: { 'www-authenticate': asked } });
  }

  /** Whether this token is for this act of this person, strong and young enough, and new. */
  async function confirms(session: Session, action: Action, token: string | undefined): Promise<boolean> {
    if (!session.pending || !token) return false;
    const { accountId, id: userId } = session.user;
    const expected = { accountId, userId, challengeId: session.pending.challengeId, action };
    const claims = await twoFactor.finish(token, expected).catch((error) => {
      if (error instanceof CountersignError && error.code === 'token_invalid') return undefined;
      throw error;
    });
    const isYoung = claims !== undefined && claims.auth_time > Date.now() / 1000 - maxAgeSeconds;
    return isYoung && claims.acr === acr && (await bank.useOnce(claims.jti));
  }

  /** `POST /transfers`. What is confirmed is what is booked: both come from this request. */
  return async function transfer(session: Session, request: Request): Promise<Response> {
    const { amount, to } = (await request.json()) as Transfer;
    const action = { name: 'transfer.create', details: { Amount: amount, To: to } };
    const [, token] = /^Bearer (\S+)$/.exec(request.headers.get('authorization') ?? '') ?? [];
    if (!(await confirms(session, action, token))) return ask(session, action);
    session.pending = undefined;
    await bank.book({ amount, to });
    return new Response(null, { status: 201 });
  };
}
