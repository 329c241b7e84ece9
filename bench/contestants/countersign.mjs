/** Countersign: the functions' own bundles, behind gateway events, against engines in a process of their own. */
import { createRequire } from 'node:module';
import { compete } from './contestant.mjs';
import { totp } from './totp.mjs';

const { bundles, users: count, stepMs } = JSON.parse(process.env.BENCH);
const load = createRequire(import.meta.url);
const flows = [
  'create-challenge',
  'verify-challenge',
  'mint-user-token',
  'start-authenticator',
  'confirm-authenticator',
];
const handlers = Object.fromEntries(
  flows.map((flow) => [flow, load(`${bundles}/${flow}/index.cjs`).handler]),
);
const startedAtMs = Math.floor(Date.now() / 30_000) * 30_000 + 15_000;

async function call(flow, at, { body, bearer, path = {}, signed = false }) {
  const event = {
    version: '2.0',
    headers: { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) },
    requestContext: {
      requestId: 'bench',
      timeEpoch: at,
      http: { method: 'POST', path: '/', sourceIp: '203.0.113.7', userAgent: 'bench' },
      ...(signed && { authorizer: { iam: { accessKey: 'app' } } }),
    },
    pathParameters: path,
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
  const answer = await handlers[flow](event, {});
  if (answer.statusCode >= 300) {
    throw new Error(`${flow}: ${answer.statusCode} ${answer.body}`);
  }
  return JSON.parse(answer.body);
}

const challenge = (id, at) =>
  call('create-challenge', at, {
    signed: true,
    body: {
      accountId: 'bench',
      user: { id, email: `${id}@example.com` },
      firstFactor: { method: 'password' },
    },
  });

async function enrol(id) {
  const at = startedAtMs;
  await challenge(id, at);
  const reauthenticatedAt = new Date(at).toISOString();
  const who = { accountId: 'bench', userId: id, role: 'user', reauthenticatedAt };
  const { token: bearer } = await call('mint-user-token', at, { signed: true, body: who });
  const started = await call('start-authenticator', at, { bearer, body: {} });
  const body = { code: totp(started.secret, at) };
  await call('confirm-authenticator', at, { bearer, path: { id: started.authenticatorId }, body });
  return { id, secret: started.secret };
}

const users = [];
for (let n = 0; n < count; n += 1) {
  users.push(await enrol(`user-${n}`));
}

compete({
  users,
  signIn: async ({ id, secret }, round) => {
    // A code is spent by its use: everybody's next sign-in is a step later.
    const at = startedAtMs + (round + 1) * stepMs;
    const { challengeToken } = await challenge(id, at);
    const body = { challengeToken, method: 'totp', code: totp(secret, at) };
    const { token } = await call('verify-challenge', at, { body });
    if (!token) {
      throw new Error('no token');
    }
  },
});
