/** The clients: each planned act as its requests, and each request as an entry of the history. */
import { setTimeout as pause } from 'node:timers/promises';
import { decodeToken, totpAt } from '../support/deployment.ts';
import type { Op } from './model.ts';
import type { OpenChallenge, Person } from './person.ts';
import type { Act, Code, Step } from './plan.ts';
import type { Reply, Service } from './service.ts';

type Asked = Pick<
  Op,
  'label' | 'spends' | 'challenge' | 'key' | 'remembers' | 'usesDevice' | 'change' | 'goesOn'
>;
type Client = { step: Step; person: Person; wave: RunningWave };

/** What the clients of a wave share. `admin` acts on others and has no factor of their own. */
export type RunningWave = {
  service: Service;
  admin: Person;
  people: readonly Person[];
  nowMs: number;
  history: Op[];
  /** Numbers requests; they name what comes of them. */
  nextId(): number;
};

/** Does what is planned. A client that lacks what its act takes does nothing. */
export async function act(wave: RunningWave, step: Step): Promise<void> {
  await pause(step.afterMs);
  const person = wave.people[step.user] as Person;
  const client = { step, person, wave };
  const again = step.twice ? 2 : 1;
  await acts[step.act.kind](client as never, step.act as never, again);
}

/** Sends it `times` at once and keeps what came back. `learn` is told of each that succeeded. */
async function ask(
  { step, wave }: Client,
  asked: (id: number) => Asked,
  send: () => Promise<Reply>,
  options: { times?: number; learn?(reply: Reply, op: Op): void } = {},
): Promise<Reply[]> {
  return Promise.all(
    Array.from({ length: options.times ?? 1 }, async () => {
      const id = wave.nextId();
      const op: Op = {
        id,
        user: step.user,
        ...asked(id),
        invokedAtMs: performance.now(),
        answeredAtMs: Number.POSITIVE_INFINITY,
        outcome: 'unknown',
      };
      wave.history.push(op);
      const reply = await send();
      if (reply.status !== 0 && reply.status < 500) {
        op.answeredAtMs = performance.now();
        op.outcome = reply.status < 300 ? 'ok' : 'refused';
        Object.assign(op, reply.status < 300 ? {} : { code: reply.body.code, reason: reply.body.reason });
      }
      if (op.outcome === 'ok') {
        options.learn?.(reply, op);
      }
      return reply;
    }),
  );
}

const words = (code: Code): string =>
  code.method === 'totp'
    ? `totp${code.offsetSteps === 0 ? '' : code.offsetSteps}`
    : code.method === 'recovery_code'
      ? `recovery ${code.index}`
      : code.method === 'email'
        ? 'mailed'
        : `guessed ${code.as}`;

async function verify(
  client: Client,
  challenge: OpenChallenge,
  code: Code,
  more: { remember?: boolean; key?: string | undefined; times?: number } = {},
): Promise<void> {
  const { person, wave } = client;
  const resolved = person.resolve(code, wave.nowMs, challenge);
  if (!resolved) {
    return;
  }
  const { remember = false, key, times = 1 } = more;
  const trusts = remember && ['totp', 'email'].includes(code.method);
  const body = { challengeToken: challenge.token, ...resolved.typed, rememberDevice: remember };
  const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
  await ask(
    client,
    (id) => ({
      label: `verify ${words(code)}`,
      spends: resolved.spends,
      challenge: challenge.id,
      ...(key !== undefined && { key }),
      ...(trusts && { remembers: `device ${id}` }),
    }),
    () => wave.service.asBrowser('/v1/challenges/verify', { body, headers }),
    { times, learn: ({ body: answer }, op) => learnPass(person, answer, op) },
  );
}

function learnPass(person: Person, answer: Reply['body'], op: Op): void {
  if (answer.status === 'enrollment_required') {
    op.goesOn = true;
    return;
  }
  if (answer.token) {
    op.jti = decodeToken(answer.token).jti;
  }
  if (answer.deviceToken && op.remembers) {
    person.devices.set(op.remembers, answer.deviceToken);
  } else {
    delete op.remembers;
  }
}

/** A sign-in's first request, which may change the profile back to an address from before. */
async function startSignIn(client: Client, more: object, asked: Partial<Asked>): Promise<Reply | undefined> {
  const [reply] = await ask(
    client,
    () => ({ label: 'start', change: { to: 'profile' }, ...asked }),
    () => client.person.startSignIn(more),
    {
      learn: ({ body }, op) => {
        if (body.secondFactor !== 'trusted_device') {
          delete op.usesDevice;
        }
      },
    },
  );
  return reply;
}

async function withBearer(
  { person, wave }: Client,
  use: (headers: { authorization: string }) => Promise<unknown>,
  who = person,
): Promise<void> {
  const bearer = await who.bearer(wave.nowMs, who === person ? 'user' : 'admin');
  if (bearer) {
    await use(bearer);
  }
}

/** Starts an authenticator and confirms it by its first code. */
async function addApp(client: Client, proof: Code | undefined): Promise<void> {
  const { person, wave } = client;
  const resolved = proof && person.resolve(proof, wave.nowMs);
  if (proof && !resolved) {
    return;
  }
  await withBearer(client, async (headers) => {
    const body = resolved ? { proof: resolved.typed } : {};
    const [started] = await ask(
      client,
      () => ({ label: 'start app', ...(resolved && { spends: resolved.spends }) }),
      () => wave.service.asBrowser('/v1/me/authenticators', { body, headers }),
    );
    if (started?.status === 201) {
      await confirmApp(client, started.body, headers);
    }
  });
}

async function confirmApp(
  client: Client,
  { authenticatorId, secret }: { authenticatorId: string; secret: string },
  headers: { authorization: string },
): Promise<void> {
  const { person, wave } = client;
  const step = Math.floor(wave.nowMs / 30_000);
  const body = { code: totpAt(secret, wave.nowMs) };
  await ask(
    client,
    (id) => {
      person.secrets.set(authenticatorId, secret);
      return {
        label: 'confirm app',
        change: { to: 'app_added', app: authenticatorId, step, batch: `batch ${id}` },
      };
    },
    () => wave.service.asBrowser(`/v1/me/authenticators/${authenticatorId}/confirm`, { body, headers }),
    { times: client.step.twice ? 2 : 1, learn: ({ body: answer }, op) => learnCodes(person, answer, op) },
  );
}

function learnCodes(person: Person, { recoveryCodes }: Reply['body'], { change }: Op): void {
  if (recoveryCodes && change && 'batch' in change) {
    person.batches.set(change.batch, recoveryCodes);
  }
}

async function proveAnd(client: Client, to: 'regenerated' | 'disabled', path: string, proof: Code) {
  const { person, wave, step } = client;
  const resolved = person.resolve(proof, wave.nowMs);
  if (!resolved) {
    return;
  }
  await withBearer(client, (headers) =>
    ask(
      client,
      (id) => ({
        label: `${to} by ${words(proof)}`,
        spends: resolved.spends,
        change: to === 'regenerated' ? { to, batch: `batch ${id}` } : { to },
      }),
      () => wave.service.asBrowser(path, { body: { proof: resolved.typed }, headers }),
      { times: step.twice ? 2 : 1, learn: ({ body }, op) => learnCodes(person, body, op) },
    ),
  );
}

async function actOn(client: Client, to: 'reset' | 'unlocked', path: string): Promise<void> {
  const { person, wave } = client;
  const body = { reason: 'asked in person' };
  const at = `/v1/account/users/${person.id}/${path}`;
  await withBearer(
    client,
    (headers) =>
      ask(
        client,
        () => ({ label: path, change: { to } }),
        () => wave.service.asBrowser(at, { body, headers }),
      ),
    wave.admin,
  );
}

type Acts = {
  [K in Act['kind']]: (client: Client, act: Extract<Act, { kind: K }>, times: number) => unknown;
};

const acts: Acts = {
  verify: async (client, { challenge, code, remember, key }, times) => {
    const open = client.person.challenges[challenge];
    return open && verify(client, open, code, { remember, key, times });
  },
  'sign-in': async (client, { code }) => {
    const started = await startSignIn(client, {}, {});
    const { challengeToken: token, challengeId: id } = started?.body ?? {};
    return token && verify(client, { token, id }, code);
  },
  device: async (client) => {
    const [usesDevice, deviceToken] = [...client.person.devices].at(-1) ?? [];
    return usesDevice && startSignIn(client, { deviceToken }, { label: 'start with device', usesDevice });
  },
  enrol: (client) => addApp(client, undefined),
  'add-app': (client, { proof }) => addApp(client, proof),
  regenerate: (client, { proof }) => proveAnd(client, 'regenerated', '/v1/me/recovery-codes', proof),
  disable: (client, { proof }) => proveAnd(client, 'disabled', '/v1/me/two-factor/disable', proof),
  'revoke-devices': (client) =>
    withBearer(client, (headers) =>
      ask(
        client,
        () => ({ label: 'revoke devices', change: { to: 'devices_ended' } }),
        () => client.wave.service.asBrowser('/v1/me/trusted-devices', { method: 'DELETE', headers }),
      ),
    ),
  'password-changed': (client) =>
    ask(
      client,
      () => ({ label: 'password changed', change: { to: 'devices_ended' } }),
      () => client.wave.service.asApp(`${client.person.path}/password-changed`),
    ),
  reset: (client) => actOn(client, 'reset', 'reset'),
  unlock: (client) => actOn(client, 'unlocked', 'unlock'),
  address: (client) => {
    const { person, wave } = client;
    const email = `${person.id}.${wave.nextId()}@example.com`;
    person.email = email;
    return ask(
      client,
      () => ({ label: 'address', change: { to: 'profile' } }),
      () => wave.service.asApp(person.path, { method: 'PUT', body: { email } }),
    );
  },
  policy: ({ wave, person }, { mode, methods }) =>
    wave.service.asApp(`/v1/accounts/${person.accountId}/policy`, {
      method: 'PUT',
      body: { policy: { mode, methods, rememberDevice: { allowed: true, days: 30 } } },
    }),
};
