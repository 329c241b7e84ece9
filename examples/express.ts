/** Express and the prompt element. `test/package/package.test.ts` runs it in a browser. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Countersign, CountersignError } from 'countersign';
import express, { type ErrorRequestHandler, type Request, type Response } from 'express';
import session, { type SessionOptions } from 'express-session';

type User = { accountId: string; id: string; email: string };
/** Your own: the user with this email and this password, if there is one. */
type Check = (email: string, password: string) => Promise<User | undefined>;
declare module 'express-session' {
  interface SessionData {
    user: User;
    pending: { user: User; challengeId: string };
  }
}

const elements = createRequire(import.meta.url).resolve('countersign/elements');
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
const promptPage = (api: string, challenge: object) => `<!doctype html><html lang="en"><title>Sign in</title>
<link rel="stylesheet" href="/elements/countersign.css"><script type="module" src="/elements/prompt.js"></script>
<form method="post" action="/finish">
<countersign-prompt name="token" api="${api}" challenge="${escaped(JSON.stringify(challenge))}"></countersign-prompt>
</form>`;

const sayWhy: ErrorRequestHandler = (error: Partial<CountersignError>, _request, response, _next) => {
  const isOutage = error.code === 'temporarily_unavailable';
  response.status(isOutage ? 503 : 401).send(isOutage ? 'Try again in a minute.' : 'Please sign in again.');
};
/** Under a new session id, so that nobody can have planted it. */
const signInAs = (user: User, { session }: Request, response: Response) =>
  session.regenerate(() => Object.assign(response.req.session, { user }) && response.redirect(303, '/'));

export function createApp(twoFactor: Countersign, api: string, check: Check, options: SessionOptions) {
  const app = express().use(express.urlencoded(), session(options));
  app.use('/elements', express.static(dirname(elements)));
  app.post('/sign-in', async (request, response) => {
    const user = await check(request.body.email, request.body.password);
    if (!user) throw new Error('wrong email or password');
    const { accountId, ...profile } = user;
    const client = { ip: request.ip, userAgent: request.get('user-agent') };
    const firstFactor = { method: 'password' } as const;
    const started = await twoFactor.start({ accountId, user: profile, firstFactor, client });
    if (started.status === 'passed') return signInAs(user, request, response);
    request.session.pending = { user, challengeId: started.challengeId };
    return response.send(promptPage(api, started));
  });
  app.post('/finish', async (request, response) => {
    if (!request.session.pending) throw new Error('no sign-in under way');
    const { user, challengeId } = request.session.pending;
    await twoFactor.finish(request.body.token, { accountId: user.accountId, userId: user.id, challengeId });
    signInAs(user, request, response);
  });
  app.get('/', ({ session }, response) => void response.send(session.user?.email ?? 'Not signed in'));
  return app.use(sayWhy);
}
