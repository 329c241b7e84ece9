/** The clients against the service that `npm start` runs, with the credentials that it knows. */
import { BrowserClient } from '../../client/browser.ts';
import { Countersign, type CountersignOptions, type Started } from '../../client/server.ts';
import { type Local, type LocalOptions, startLocal } from '../../local/start-local.ts';
import { totpAt } from './deployment.ts';

/** The local service. Its functions get time enough on a machine that is busy with other tests. */
export async function startService(options: Pick<LocalOptions, 'origins'> = {}): Promise<Local> {
  const local = await startLocal({ port: 0, ...options });
  for (const each of local.deployment.functions) {
    each.timeoutMs = 60_000;
  }
  return local;
}

export const signing = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local-secret' },
};

export const clientOf = <Fallback = never>(
  url: string,
  options: Partial<CountersignOptions<Fallback>> = {},
): Countersign<Fallback> =>
  new Countersign<Fallback>({ url, audience: 'acme', timeoutMs: 30_000, ...signing, ...options });

export const signInOf = (accountId: string, userId: string) => ({
  accountId,
  user: { id: userId, email: `${userId}@example.com` },
  firstFactor: { method: 'password' } as const,
});

/** The page of a signed-in person. */
export const pageOf = (
  local: Local,
  accountId: string,
  userId: string,
  role: 'user' | 'admin' = 'user',
): BrowserClient =>
  new BrowserClient({
    url: local.url,
    timeoutMs: 60_000,
    userToken: async () => {
      const reauthenticatedAt = new Date(local.clock.now());
      return (await clientOf(local.url).userToken({ accountId, userId, role, reauthenticatedAt })).token;
    },
  });

/** Signs a new person in, turns an authenticator on, and answers with its secret. */
export async function enrol(local: Local, accountId: string, userId: string) {
  await clientOf(local.url).start(signInOf(accountId, userId));
  const page = pageOf(local, accountId, userId);
  const { authenticatorId, secret } = await page.startAuthenticator({ label: 'Phone' });
  const code = totpAt(secret, local.clock.now());
  const { recoveryCodes = [] } = await page.confirmAuthenticator(authenticatorId, { code });
  local.clock.advance(30);
  return { secret, authenticatorId, recoveryCodes, page };
}

/** What `start` answers for somebody with a second factor. Throws for any other answer. */
export async function challengeOf(local: Local, accountId: string, userId: string) {
  const started: Started = await clientOf(local.url).start(signInOf(accountId, userId));
  if (started.status !== 'challenge') {
    throw new Error(`not challenged: ${started.status}`);
  }
  return started;
}

/** A sign-in by the next code of an authenticator: the token and its challenge. */
export async function signIn(local: Local, accountId: string, userId: string, secret: string) {
  const { challengeToken, challengeId } = await challengeOf(local, accountId, userId);
  const code = totpAt(secret, local.clock.now());
  const verified = await new BrowserClient({ url: local.url, timeoutMs: 60_000 }).verifyChallenge({
    challengeToken,
    method: 'totp',
    code,
  });
  local.clock.advance(30);
  if (verified.status !== 'passed' || verified.token === undefined) {
    throw new Error(`not passed: ${verified.status}`);
  }
  return { token: verified.token, challengeId, challengeToken };
}
