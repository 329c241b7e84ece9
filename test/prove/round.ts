/** One round: people enrol, waves of clients race under faults, and after each wave every answer must have an explanation. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { explain, type Observed, passedTwice, racedCodes, seen } from './checker.ts';
import { act, type RunningWave } from './clients.ts';
import { enrolment } from './enrolment.ts';
import { nobody, type Op, type State } from './model.ts';
import { noticesOf } from './notices.ts';
import { Person } from './person.ts';
import type { Round, Wave } from './plan.ts';
import { observed, type Service } from './service.ts';

export type Figures = {
  waves: number;
  requests: number;
  ok: number;
  refused: number;
  unknown: number;
  raced: number;
  faults: number;
  kills: number;
};
export type Finding = { what: string; who: string; history: readonly Op[] };
export type RoundResult = { figures: Figures; finding?: Finding };

/** Longer than the longest delay: by then a write that its caller gave up on has landed. */
const strayWriteMs = 2500;
const openChallenges = 2;

type Running = RunningWave & { states: State[][]; all: Op[] };

/** Plays a round on a running service; leaves it running. */
export async function play(service: Service, round: Round): Promise<RoundResult> {
  const accountId = `acct-${randomUUID()}`;
  let id = 0;
  const people = Array.from({ length: round.users }, (_, n) => new Person(service, accountId, `user-${n}`));
  const running: Running = {
    service,
    admin: new Person(service, accountId, 'admin'),
    people,
    nowMs: 0,
    history: [],
    nextId: () => ++id,
    states: people.map(() => [nobody]),
    all: [],
  };
  const figures = { waves: 0, requests: 0, ok: 0, refused: 0, unknown: 0, raced: 0, faults: 0, kills: 0 };
  await service.clearMessages();
  await prepareAccount(running);
  for (const wave of round.waves) {
    await prepare(running, wave);
    figures.kills += await race(running, wave);
    running.all.push(...running.history);
    figures.waves += 1;
    figures.faults += wave.faults.length;
    figures.raced += racedCodes(running.history);
    const finding = await judge(running);
    if (finding) {
      return { figures: counted(figures, running.all), finding };
    }
  }
  const finding = await noticesOf(service, people, running.all);
  return { figures: counted(figures, running.all), ...(finding && { finding }) };
}

function counted(figures: Figures, ops: readonly Op[]): Figures {
  const of = (outcome: Op['outcome']) => ops.filter((op) => op.outcome === outcome).length;
  return {
    ...figures,
    requests: ops.length,
    ok: of('ok'),
    refused: of('refused'),
    unknown: of('unknown'),
  };
}

async function prepareAccount({ service, admin, people }: Running): Promise<void> {
  const policy = { rememberDevice: { allowed: true, days: 30 }, methods: ['totp', 'email'] };
  await service.asApp(`/v1/accounts/${admin.accountId}/policy`, { method: 'PUT', body: { policy } });
  const users = [admin, ...people].map(({ id, email }) => ({ id, email, isAdmin: id === 'admin' }));
  await service.asApp(`/v1/accounts/${admin.accountId}/users`, { method: 'PUT', body: { users } });
}

/** Without faults: whoever was reset enrols again, others as the wave says; everybody opens sign-ins, and a code is mailed. */
async function prepare(running: Running, wave: Wave): Promise<void> {
  const { service, people } = running;
  await service.advance(wave.advanceSeconds);
  running.history = [];
  running.nowMs = await service.nowMs();
  const enrolled = await Promise.all(people.map((person) => enrolIfDue(running, person, wave)));
  // The codes that enrolled are of the past by then.
  await service.advance(30);
  running.nowMs = await service.nowMs();
  await Promise.all(
    people.map(async (person, n) => {
      await openSignIns(running, person);
      running.states[n] = settled(running.states[n] as State[], await look(running, person), enrolled[n]);
    }),
  );
  running.nowMs = await service.nowMs();
}

/** `undefined` for whoever stays as they are; codes that nobody has where the enrolment did not come to an end. */
async function enrolIfDue(running: Running, person: Person, wave: Wave): Promise<Enrolled | undefined> {
  const before = await look(running, person);
  const isOff = Object.keys(before.apps).length === 0;
  if (!before.owesEnrolment && !(isOff && wave.enrolsFirst)) {
    return undefined;
  }
  const enrolled = await enrol(running, person);
  const { recoveryCodes } = await look(running, person);
  return enrolled ?? { batch: 'lost', spent: Array.from({ length: 10 - recoveryCodes }, (_, n) => n) };
}

/** Enrols with nothing in the way, and writes into the history what must be on record of it. */
async function enrol(running: Running, person: Person): Promise<Enrolled | undefined> {
  const { service, nowMs, nextId, people, all } = running;
  const codes = await enrolment(service, person, nowMs);
  if (!codes) {
    return undefined;
  }
  const batch = `batch ${nextId()}`;
  person.batches.set(batch, codes.recoveryCodes);
  for (const op of codes.told) {
    const times = { invokedAtMs: 0, answeredAtMs: 0 };
    all.push({ ...op, ...times, id: nextId(), user: people.indexOf(person), label: 'enrol', outcome: 'ok' });
  }
  return { batch, spent: codes.spent };
}

type Enrolled = NonNullable<State['recovery']>;

/** What the preparation changed, which nothing raced with: an enrolment, or trust that a moved mailbox ended. */
function settled(states: State[], now: Observed, enrolled: Enrolled | undefined): State[] {
  return states.map((state) => {
    const devices = now.devices === 0 ? [] : state.devices;
    return enrolled === undefined
      ? { ...state, devices, consecutive: now.consecutive }
      : {
          ...state,
          ...nobody,
          passed: state.passed,
          apps: now.apps,
          recovery: now.recoveryCodes > 0 ? enrolled : undefined,
          failures: now.failures,
          consecutive: now.consecutive,
          owesEnrolment: now.owesEnrolment,
        };
  });
}

async function openSignIns({ service }: Running, person: Person): Promise<void> {
  person.challenges = [];
  for (let n = 0; n < openChallenges; n += 1) {
    const { body } = await person.startSignIn();
    if (body?.challengeToken) {
      person.challenges.push({ token: body.challengeToken, id: body.challengeId });
    }
  }
  const [first] = person.challenges;
  if (first) {
    const body = { challengeToken: first.token, method: 'email' };
    const sent = await service.asBrowser('/v1/challenges/send', { body });
    const mailedCode = sent.status === 202 ? await person.mailedCode() : undefined;
    Object.assign(first, mailedCode && { mailedCode });
  }
}

/** Runs the steps at once under the faults; answers how often the process was killed. */
async function race(running: Running, wave: Wave): Promise<number> {
  const { service } = running;
  for (const fault of wave.faults) {
    await service.fault(fault);
  }
  const steps = Promise.all(wave.steps.map((step) => act(running, step)));
  if (wave.killAfterMs !== undefined) {
    await pause(wave.killAfterMs);
    await service.kill();
  }
  await steps;
  if (wave.killAfterMs !== undefined) {
    await service.start();
    return 1;
  }
  await service.clearFaults();
  if (wave.faults.some(({ delayMs = 0 }) => delayMs > 1000)) {
    await pause(strayWriteMs);
  }
  return 0;
}

async function look({ service, history, people }: Running, person: Person): Promise<Observed> {
  const user = people.indexOf(person);
  const own = history.filter((op) => op.user === user).flatMap(({ challenge }) => challenge ?? []);
  const item = await service.item(person.accountId, person.id);
  return observed(item as never, [...new Set(own)]);
}

async function judge(running: Running): Promise<Finding | undefined> {
  for (const [user, person] of running.people.entries()) {
    const history = running.history.filter((op) => op.user === user);
    const verdict = explain(running.states[user] as State[], history, await look(running, person));
    const what = verdict.violation ?? passedTwice(history);
    if (what !== undefined) {
      const before = (running.states[user] as State[]).map((state) => JSON.stringify(seen(state, [])));
      return { what: `${what}\n  before  ${before.join('\n          ')}`, who: person.id, history };
    }
    running.states[user] = verdict.states;
  }
  return undefined;
}
