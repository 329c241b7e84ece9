/** Who is in the pictures: forty people of one account, in every state that the table of people knows. */
import { generateSync } from 'otplib';
import { BrowserClient, type CountersignError, type WithProof } from '../../client/browser.ts';
import { Countersign } from '../../client/server.ts';
import type { Local } from '../../local/start-local.ts';

type Enrolled = { email: string; password: string; secret: string };
export type Inhabited = { manager: Enrolled; member: Enrolled };

/** The moment that the pictures show; it lies ahead, as a token from the past would be refused. */
export const shownAt = new Date('2027-01-12T09:41:00Z');

const accountId = 'acme';
const names =
  'berlin.ada berlin.ben berlin.chloe berlin.dan berlin.eva finn grace hugo iris jonas kira leo maya nils oona paul quinn rosa sven tara uli vera wim xenia yann zoe anna bruno clara dario elena felix gina hanna ivo jana'.split(
    ' ',
  );
/** Beside noah, sam and these, everybody has a second step: 12 of 40 have none. */
const without = new Set(
  'berlin.ben iris nils quinn uli xenia bruno gina leo kira'.split(' ').map((name) => `per_${name}`),
);

/** The code that an authenticator shows for the secret, by the service's clock. */
export function code({ clock }: Local, secret: string): string {
  return generateSync({ secret, epoch: Math.floor(clock.now() / 1000) });
}

/** Fills the account of Acme, and moves the clock to `shownAt`. */
export async function inhabit(local: Local): Promise<Inhabited> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' };
  const app = new Countersign({
    url: local.url,
    audience: 'acme',
    region: 'us-east-1',
    timeoutMs: 60_000,
    credentials,
  });
  const desk: Desk = { local, app };
  const people = names.map((name) => ({ id: `per_${name}`, email: `${name}@example.com` }));
  for (const { id, email } of people) {
    await app.syncUser({ accountId, userId: id, email });
    if (!without.has(id)) {
      await enrol(desk, id);
    }
  }
  const mia = await idOf(desk, 'mia@example.com');
  const olga = await idOf(desk, 'olga@example.com');
  const secrets = [await enrol(desk, mia), await enrol(desk, olga)];
  await guessWrong(desk, { id: 'per_berlin.dan', email: 'berlin.dan@example.com' }, 100);
  local.clock.advance((shownAt.getTime() - local.clock.now()) / 1000 - 300);
  await allowDevices(desk, mia, secrets[0] as string);
  const until = new Date(shownAt.getTime() + 14 * 86_400_000).toISOString();
  const reason = 'An old scanner in the warehouse';
  local.clock.advance(31);
  await proven(desk, secrets[0] as string, (proof) =>
    pagesOf(desk, mia, 'admin').exemptUser('per_berlin.eva', { until, reason, ...proof }),
  );
  await guessWrong(desk, { id: 'per_berlin.chloe', email: 'berlin.chloe@example.com' }, 10);
  return {
    manager: { email: 'mia@example.com', password: 'mia-quiet-river', secret: secrets[0] as string },
    member: { email: 'olga@example.com', password: 'olga-tall-birch', secret: secrets[1] as string },
  };
}

type Desk = { local: Local; app: Countersign };

/** The client of somebody's settings page, with a fresh first factor. */
function pagesOf({ local, app }: Desk, userId: string, role: 'user' | 'admin' = 'user'): BrowserClient {
  const userToken = async () => {
    const reauthenticatedAt = new Date(local.clock.now());
    return (await app.userToken({ accountId, userId, role, reauthenticatedAt })).token;
  };
  return new BrowserClient({ url: local.url, userToken, timeoutMs: 60_000 });
}

/** Turns two-factor authentication on for somebody; the secret. */
async function enrol(desk: Desk, userId: string): Promise<string> {
  const pages = pagesOf(desk, userId);
  const { authenticatorId, secret } = await pages.startAuthenticator();
  await pages.confirmAuthenticator(authenticatorId, { code: code(desk.local, secret) });
  await pages.recoveryCodesSaved().catch(() => undefined);
  return secret;
}

async function idOf(desk: Desk, email: string): Promise<string> {
  const { data } = await pagesOf(desk, 'per_berlin.ada', 'admin').listUsers({ email });
  const found = data.find((user) => user.email === email);
  if (!found) {
    throw new Error(`${email} is not there.`);
  }
  return found.id;
}

/** Does an act, with a second factor where the act asks for one. */
async function proven<T>({ local }: Desk, secret: string, act: (proof: WithProof) => Promise<T>): Promise<T> {
  return act({}).catch((refused: CountersignError) => {
    if (refused.code !== 'proof_required') {
      throw refused;
    }
    return act({ proof: { method: 'totp', code: code(local, secret) } });
  });
}

/** The account lets people remember a device. */
async function allowDevices(desk: Desk, adminId: string, secret: string): Promise<void> {
  const pages = pagesOf(desk, adminId, 'admin');
  const { policy } = await pages.getPolicy();
  const rememberDevice = { allowed: true, days: 30 };
  const { changeId } = await proven(desk, secret, (proof) =>
    pages.proposePolicy({ policy: { ...policy, rememberDevice }, ...proof }),
  );
  const message = desk.local.mailbox.messages('mia@example.com')[0];
  await pages.confirmPolicy(changeId, { code: /\b\d{6}\b/.exec(message?.text ?? '')?.[0] ?? '' });
}

/** Wrong codes, one after the other; where they are locked out, the clock goes on. */
async function guessWrong(
  { local, app }: Desk,
  user: { id: string; email: string },
  times: number,
): Promise<void> {
  const browser = new BrowserClient({ url: local.url, timeoutMs: 60_000 });
  for (let wrong = 0; wrong < times; ) {
    const started = await app.start({ accountId, user, firstFactor: { method: 'password' } });
    for (let tries = 0; 'challengeToken' in started && tries < 5 && wrong < times; tries += 1) {
      const { challengeToken } = started;
      const error = await browser.verifyChallenge({ challengeToken, method: 'totp', code: '000000' }).then(
        () => undefined,
        (refused: CountersignError) => refused,
      );
      if (error?.code !== 'code_incorrect') {
        local.clock.advance(error?.retryAfterSeconds ?? 3600);
        break;
      }
      wrong += 1;
    }
  }
}
