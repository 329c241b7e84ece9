/**
 * S53: each grant is needed. Functions run with their roles, as `npm start` runs them; one statement of a role is taken away,
 * a fresh environment is asked, and it fails. What a flow does not need here is said, with the reason.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../lambdas/routes.ts';
import { MovableClock } from '../../local/dev/clock.ts';
import type { Allow } from '../../local/engines/front.ts';
import { allows, type Statement } from '../../local/engines/policy.ts';
import type { LambdaFunction } from '../../local/lambda/deployment.ts';
import { createEnvironments, type Environments } from '../../local/lambda/environments.ts';
import { loadAssembly } from '../../local/stack/assembly.ts';
import { resolveTemplate } from '../../local/stack/template.ts';
import { type Engines, endpointsOf, startEngines } from '../../local/start-local.ts';
import { type CallOptions, type Deployment, gatewayEvent } from '../support/deployment.ts';
import { full } from '../support/full.ts';
import { Person } from '../support/person.ts';

type Flow = keyof typeof routes;
type Result = { statusCode: number; body?: string; headers: Record<string, string> };

let functions: LambdaFunction[];
let engines: Engines;
let warm: Environments;
let fresh: () => Environments;
/** The statement that nobody has, and those that a call could not do without. */
let removed: Statement | undefined;
let needed: Set<Statement> | undefined;
const ofFlow = (flow: string) =>
  functions.find(({ name }) => name.endsWith(`-local-${flow}`)) as LambdaFunction;

const allow: Allow = ({ caller, ...access }) => {
  const statements = functions.find(({ name }) => name === caller)?.statements ?? [];
  const kept = statements.filter((each) => each !== removed);
  for (const one of statements) {
    if (
      needed &&
      allows(statements, access) &&
      !allows(
        statements.filter((each) => each !== one),
        access,
      )
    ) {
      needed.add(one);
    }
  }
  return allows(kept, access);
};

beforeAll(async () => {
  const assembly = await loadAssembly(() => {});
  const deployment = resolveTemplate(assembly.template, 'http://127.0.0.1:4400');
  functions = deployment.functions.map((each) => ({ ...each, timeoutMs: 60_000 }));
  engines = await startEngines(deployment, new MovableClock(), undefined, { allow });
  const options = {
    codeDirOf: ({ codeHash }: LambdaFunction) => join(assembly.dir, `asset.${codeHash}`),
    endpoints: endpointsOf(engines),
    log: () => {},
  };
  fresh = () => createEnvironments(functions, options);
  warm = fresh();
}, 120_000);
afterAll(async () => {
  await warm?.close();
  await Promise.all(Object.values(engines ?? {}).map((engine) => engine.close()));
});

async function ask(environments: Environments, flow: Flow, options: CallOptions = {}) {
  const outcome = await environments.invoke(ofFlow(flow).name, gatewayEvent(flow, options));
  if ('error' in outcome) {
    return { status: 500, body: outcome.error, headers: {} };
  }
  const { statusCode: status, body, headers } = outcome.result as Result;
  return { status, body: body ? JSON.parse(body) : undefined, headers };
}

const somebody = () =>
  new Person({
    call: (flow: Flow, options: CallOptions) => ask(warm, flow, options),
    mails: (to: string) => engines.mailbox.messages(to),
  } as Deployment);

const enrolled = async () => (await somebody().enrol()).later(30_000);
const own = async (person: Person, more: CallOptions = {}) => ({
  bearer: await person.token(),
  at: person.at,
  ...more,
});
const admin = async (person: Person, more: CallOptions = {}) => {
  const { accountId, at } = person;
  const bearer = await new Person(
    { call: (flow: Flow, options: CallOptions) => ask(warm, flow, options) } as Deployment,
    {
      accountId,
      id: 'admin',
      at,
    },
  ).token({ role: 'admin' });
  return { bearer, at, ...more };
};

/** For each flow, a call that succeeds, of a person who is new each time. */
const calls: Partial<Record<Flow, () => Promise<CallOptions>>> = {
  'create-challenge': async () => {
    const { accountId, id, email, at } = await enrolled();
    const user = { id, email, displayName: 'Ada' };
    return { at, body: { accountId, user, firstFactor: { method: 'password' } } };
  },
  'verify-challenge': async () => {
    const person = await enrolled();
    const body = { challengeToken: await person.challengeToken(), method: 'totp', code: person.code() };
    return { at: person.at, body };
  },
  'send-code': async () => {
    const person = await enrolled();
    await person.turnOnEmail({ method: 'recovery_code', code: person.recoveryCodes[0] });
    person.later(61_000);
    return { at: person.at, body: { challengeToken: await person.challengeToken(), method: 'email' } };
  },
  'mint-user-token': async () => ({ body: { accountId: 'a', userId: 'u', role: 'user' } }),
  'start-authenticator': async () => {
    const person = await enrolled();
    return own(person, { body: { proof: person.totpProof() } });
  },
  'confirm-authenticator': async () => {
    const person = somebody();
    await person.signIn();
    const { body } = await person.start();
    person.secret = body.secret;
    return own(person, { path: { id: body.authenticatorId }, body: { code: person.code() } });
  },
  'regenerate-recovery-codes': async () => {
    const person = await enrolled();
    return own(person, { body: { proof: person.totpProof() } });
  },
  'disable-two-factor': async () => {
    const person = await enrolled();
    return own(person, { body: { proof: person.totpProof() } });
  },
  'get-two-factor': async () => own(await enrolled()),
  'sync-user': async () => {
    const { ref } = somebody();
    return { path: ref, body: { email: 'ada@example.com' } };
  },
  'password-changed': async () => ({ path: (await enrolled()).ref }),
  'delete-user': async () => ({ path: (await enrolled()).ref }),
  'list-users': async () => admin(await enrolled()),
  'list-events': async () => {
    const person = await enrolled();
    return admin(person, { query: { userId: person.id } });
  },
  'reset-two-factor': async () => {
    const person = await enrolled();
    return admin(person, { path: { id: person.id }, body: { reason: 'asked in person' } });
  },
  jwks: async () => ({}),
};

/** Actions that these calls do without, and what asks for them. */
const otherwise: readonly [RegExp, string][] = [
  [/^logs:/, 'every function writes its log, which is a file here'],
  [/UpdateItem.*sms#|^sms-voice/, 'a stage or a person with text messages'],
  [/PutItem.*keyring|GenerateDataKey/, "a stage's first challenge"],
  [/(GetItem|Decrypt).*keyring/, 'a code that is mailed, as proof or in a sign-in'],
  [
    /Sign|PutItem.*user#/,
    'the other end of the same flow: a token where it passes, a write where something changes',
  ],
  [/Decrypt.*totp/, 'a proof by an authenticator'],
  [
    /DeleteItem|BatchWriteItem|UpdateItem|PutItem.*ledger#|GetItem.*ledger#|Query/,
    'a person with rows, or an admin',
  ],
  [/GetPublicKey/, 'a token of the user, and the key set'],
];
const wordsOf = ({ Action, Resource, Condition }: Statement): string =>
  `${[Action]
    .flat()
    .map((each) => each?.replace(/^(dynamodb|kms):/, ''))
    .join(',')} ${JSON.stringify([Resource, Condition])}`;

const quick: readonly Flow[] = ['verify-challenge', 'jwks', 'mint-user-token'];
const tried = (Object.keys(calls) as Flow[]).filter((flow) => full || quick.includes(flow));

describe.each(tried)('%s', (flow) => {
  const once = async () => {
    const options = await (calls[flow] as () => Promise<CallOptions>)();
    const environments = fresh();
    return { options, environments };
  };

  it('S53 fails without any one of the grants that it uses, and uses them all', async () => {
    const { options, environments } = await once();
    needed = new Set();
    const { status } = await ask(environments, flow, options);
    const used = needed;
    needed = undefined;
    await environments.close();
    expect(status).toBe(routes[flow].status);
    expect(used.size).toBeGreaterThan(0);

    for (const statement of used) {
      const next = await once();
      removed = statement;
      const reply = await ask(next.environments, flow, next.options);
      removed = undefined;
      await next.environments.close();
      expect([wordsOf(statement), reply.status]).toEqual([wordsOf(statement), 503]);
    }
    const unexplained = ofFlow(flow)
      .statements.filter((each) => !used.has(each))
      .map(wordsOf)
      .filter((words) => !otherwise.some(([pattern]) => pattern.test(words)));
    expect(unexplained).toEqual([]);
  }, 600_000);
});
