/**
 * Next.js route handlers: `POST` of `app/sign-in/route.ts` and of `app/sign-in/finish/route.ts`. The page between them is
 * a client component with `<countersign-prompt>`. `test/examples/back-ends.test.ts` calls the handlers as Next.js does,
 * with a `Request`; Next.js itself is unproven.
 */
import { Countersign, type CountersignError } from 'countersign';

export const runtime = 'nodejs'; // signing needs node:crypto

type User = { accountId: string; id: string; email: string };
type Session = { user?: User; pending?: { user: User; challengeId: string } };
/** Your own: who signs in with this form, and the encrypted cookie of iron-session, Auth.js or the like. */
export type App = {
  checkPassword(form: FormData): Promise<User | undefined>;
  session(request: Request): Promise<Session>;
  withSession(response: Response, session: Session): Promise<Response>;
};

const twoFactor = new Countersign({
  url: process.env.COUNTERSIGN_URL ?? 'http://localhost:4400',
  audience: 'acme',
});

/** Answers `{}` for a sign-in that is complete, else the challenge for the element's `challenge` property. */
export const signIn = (app: App) =>
  async function POST(request: Request): Promise<Response> {
    const user = await app.checkPassword(await request.formData());
    if (!user) {
      return Response.json({ error: 'Wrong email or password.' }, { status: 401 });
    }
    const { accountId, ...profile } = user;
    const client = {
      ip: request.headers.get('x-real-ip') ?? undefined, // as your host sets it
      userAgent: request.headers.get('user-agent') ?? undefined,
    };
    const firstFactor = { method: 'password' } as const;
    const started = await twoFactor.start({ accountId, user: profile, firstFactor, client });
    return started.status === 'passed'
      ? app.withSession(Response.json({}), { user })
      : app.withSession(Response.json(started), { pending: { user, challengeId: started.challengeId } });
  };

/** The element's `countersign-passed` event brought `detail.token`; the page posts it here. */
export const finish = (app: App) =>
  async function POST(request: Request): Promise<Response> {
    const { pending } = await app.session(request);
    const { token } = (await request.json()) as { token: unknown };
    if (!pending) {
      return Response.json({ error: 'Start again with the password.' }, { status: 401 });
    }
    const { user, challengeId } = pending;
    try {
      await twoFactor.finish(token, { accountId: user.accountId, userId: user.id, challengeId });
      return app.withSession(Response.json({}), { user });
    } catch (error) {
      const { code } = error as CountersignError;
      return Response.json({ error: code }, { status: code === 'temporarily_unavailable' ? 503 : 401 });
    }
  };
