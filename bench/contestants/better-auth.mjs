/**
 * better-auth with its plugin twoFactor: sign-in with email and password, then the authenticator's code. Its password hash
 * is taken out, because Countersign's caller has done that before.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { twoFactor } from 'better-auth/plugins/two-factor';
import { compete } from './contestant.mjs';
import { totp } from './totp.mjs';

const { database, users: count, postmaster } = JSON.parse(process.env.BENCH);
const origin = 'http://localhost:3000';

async function open() {
  if (database.startsWith('postgres')) {
    const { default: pg } = await import('pg');
    return new pg.Pool({ connectionString: database, max: 10 });
  }
  const { default: Sqlite } = await import('better-sqlite3');
  const sqlite = new Sqlite(database);
  sqlite.pragma('journal_mode = WAL');
  return sqlite;
}

const options = {
  database: await open(),
  baseURL: origin,
  secret: 'a secret of the benchmark, long enough',
  emailAndPassword: {
    enabled: true,
    password: { hash: async (password) => password, verify: async ({ hash, password }) => hash === password },
  },
  rateLimit: { enabled: false },
  logger: { disabled: true },
  telemetry: { enabled: false },
  plugins: [twoFactor({ issuer: 'Bench' })],
};
await (await getMigrations(options)).runMigrations();
const auth = betterAuth(options);

async function call(path, body, cookies = new Map()) {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const headers = { 'content-type': 'application/json', origin, ...(cookie && { cookie }) };
  const request = new Request(`${origin}/api/auth${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  const response = await auth.handler(request);
  for (const line of response.headers.getSetCookie()) {
    const [pair] = line.split(';');
    const at = pair.indexOf('=');
    cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
  if (!response.ok) {
    throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }
  return response.json();
}

const password = 'correct horse battery staple';

async function enrol(email) {
  const cookies = new Map();
  await call('/sign-up/email', { email, password, name: email }, cookies);
  const { totpURI } = await call('/two-factor/enable', { password }, cookies);
  const secret = new URL(totpURI).searchParams.get('secret');
  await call('/two-factor/verify-totp', { code: totp(secret, Date.now()) }, cookies);
  return { email, secret };
}

const users = [];
for (let n = 0; n < count; n += 1) {
  users.push(await enrol(`user-${n}@example.com`));
}

/** The CPU of Postgres: of the server and of the processes that it started, in ticks of 10 ms. */
function postgresCpuMs() {
  const ticksOf = (pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      // Of the server also what those of its processes used that have ended.
      const times = Number(pid) === postmaster ? fields.slice(11, 15) : fields.slice(11, 13);
      const isOurs = Number(pid) === postmaster || Number(fields[1]) === postmaster;
      return isOurs ? times.reduce((sum, ticks) => sum + Number(ticks), 0) : 0;
    } catch {
      return 0;
    }
  };
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.reduce((ticks, pid) => ticks + ticksOf(pid), 0) * 10;
}

compete({
  users,
  engineCpuMs: postmaster ? postgresCpuMs : undefined,
  signIn: async ({ email, secret }) => {
    const cookies = new Map();
    const first = await call('/sign-in/email', { email, password }, cookies);
    if (first.twoFactorRedirect !== true) {
      throw new Error('no second factor was asked for');
    }
    const { token } = await call('/two-factor/verify-totp', { code: totp(secret, Date.now()) }, cookies);
    if (!token) {
      throw new Error('no session');
    }
  },
});
