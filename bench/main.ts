/** `npm run bench`: measures what can be measured on one machine, and writes docs/performance.md. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { routes } from '../lambdas/routes.ts';
import { bundle } from '../lib/bundles.ts';
import { costOfSignIn } from '../scripts/cost/cost.ts';
import {
  type Contestant,
  countersign,
  whyNoPeers,
  whyNoPostgres,
  withPostgres,
  withSqlite,
} from './contestants.ts';
import { headToHead } from './head-to-head.ts';
import { bars, type Found, markdown } from './report.ts';
import { defaultBundle, startUp } from './start-up.ts';
import { storm } from './storm.ts';

const help = `npm run bench -- [options]

  --users N          people who sign in, in each round (100)
  --rounds N         rounds of the comparison (5); one before them does not count
  --at-once N        sign-ins under way at a time (4)
  --imports N        cold imports of each bundle (15)
  --node PATH        another Node to import with, besides this one; may be given several times
  --memory N         sign-ins of the memory run (2000)
  --at-users N,N     sizes of the table whose sign-ins are timed (1000,10000)
  --only PART,PART   sign-ins, start-up, memory, item, users, storm
  --out FILE         where to (docs/performance.md)

Peers: npm install --prefix bench, and Debian's postgresql. What is not there is left out, with its reason.
`;

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '5' },
    'at-once': { type: 'string', default: '4' },
    imports: { type: 'string', default: '15' },
    node: { type: 'string', multiple: true, default: [] },
    memory: { type: 'string', default: '2000' },
    'at-users': { type: 'string', default: '1000,10000' },
    only: { type: 'string', default: 'sign-ins,start-up,memory,item,users,storm' },
    out: { type: 'string', default: 'docs/performance.md' },
    help: { type: 'boolean', default: false },
  },
});
const users = Number(values.users);
const atOnce = Number(values['at-once']);
const say = (text: string) => process.stderr.write(`${text}\n`);
const parts = values.only.split(',');

async function compare(bundles: string, found: Found): Promise<void> {
  const contestants: Contestant[] = [];
  for (const custody of ['kms', 'cached'] as const) {
    contestants.push(await countersign(custody, { bundles, users }));
  }
  const reasons = [whyNoPeers(), whyNoPostgres()];
  if (!reasons[0]) {
    contestants.push(await withSqlite(users));
  }
  if (!reasons[0] && !reasons[1]) {
    contestants.push(await withPostgres(users));
  }
  found.skipped = reasons.filter((reason) => reason !== undefined);
  const rounds = Number(values.rounds);
  Object.assign(
    found,
    await headToHead(contestants, { rounds, atOnce }, (round) => say(`round ${round} of ${rounds}`)),
  );
  for (const contestant of contestants) {
    contestant.close();
  }
}

/** Memory after a quarter of the sign-ins, when everything is loaded, and at the end. */
async function memory(bundles: string): Promise<Found['memory']> {
  const one = await countersign('cached', { bundles, users });
  const rounds = Math.max(4, Math.ceil(Number(values.memory) / users));
  const seen: NonNullable<Found['memory']> = [];
  for (let round = 0; round < rounds; round += 1) {
    const { rssMb } = await one.run(round, atOnce);
    seen.push({ signIns: (round + 1) * users, rssMb });
  }
  one.close();
  return [0.25, 0.5, 0.75, 1].map((share) => seen[Math.ceil(share * rounds) - 1] as (typeof seen)[number]);
}

async function itemOverAYear(bundles: string): Promise<Found['itemBytes']> {
  const one = await countersign('cached', { bundles, users: 1, stepMs: 86_400_000 });
  const seen: NonNullable<Found['itemBytes']> = [];
  for (let day = 1; day <= 365; day += 1) {
    await one.run(day, 1);
    if ([1, 30, 365].includes(day)) {
      seen.push({ signIns: day, bytes: await one.itemBytes() });
    }
  }
  one.close();
  return seen;
}

async function byUsers(bundles: string): Promise<Found['atUsers']> {
  const found: NonNullable<Found['atUsers']> = [];
  for (const size of values['at-users'].split(',').map(Number)) {
    say(`${size} users`);
    const one = await countersign('cached', { bundles, users: 20, others: size });
    const times: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const { wallMs, signIns } = await one.run(round, 1);
      times.push(wallMs / signIns);
    }
    one.close();
    found.push({ users: size, msEach: times.slice(2).sort((a, b) => a - b)[3] as number });
  }
  return found;
}

function storms(): Found['storms'] {
  const base = { people: 100_000, seconds: 60, warmMs: 40, coldMs: 250, concurrency: 1000 };
  const wide = { rate: 5000, burst: 5000 };
  let seed = 1;
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  return [
    { ...base, throttle: routes['verify-challenge'].throttle },
    { ...base, throttle: wide },
    { ...base, throttle: wide, coldMs: 1000 },
    { ...base, throttle: wide, concurrency: 250 },
  ].map((options) => ({ options, storm: storm(options, random) }));
}

async function main(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const bundles = join(scratch, 'bundles');
  say('bundles');
  await bundle(bundles);
  const million = (custody: 'kms' | 'cached') =>
    Object.values(costOfSignIn('an authenticator', custody)).reduce((sum, part) => sum + part, 0) * 1_000_000;
  const found: Found = {
    machine: `Node ${process.version}, ${cpus().length} cores of ${cpus()[0]?.model ?? 'an unnamed kind'}, with a load of ${loadavg()[0]?.toFixed(0)} as the run began`,
    settings: `${values.rounds} rounds of ${users} sign-ins, ${atOnce} at once`,
    skipped: [],
    dollars: { kms: million('kms'), cached: million('cached') },
  };
  const part = async (name: string, measure: () => Promise<void>) => {
    if (parts.includes(name)) {
      say(name);
      await measure();
    }
  };
  await part('sign-ins', () => compare(bundles, found));
  await part('start-up', async () => {
    const files: [string, string] = [
      join(bundles, 'verify-challenge/index.cjs'),
      await defaultBundle(scratch),
    ];
    found.startUps = [process.execPath, ...values.node].map((node) =>
      startUp(node, files, Number(values.imports)),
    );
  });
  await part('memory', async () => {
    found.memory = await memory(bundles);
  });
  await part('item', async () => {
    found.itemBytes = await itemOverAYear(bundles);
  });
  await part('users', async () => {
    found.atUsers = await byUsers(bundles);
  });
  await part('storm', async () => {
    found.storms = storms();
  });
  write(found);
  rmSync(scratch, { recursive: true, force: true });
}

function write(found: Found): void {
  writeFileSync(values.out, markdown(found));
  if (found.results) {
    const pictures = join(dirname(values.out), 'pictures');
    mkdirSync(pictures, { recursive: true });
    const rates = found.results.map(({ name, perSecond: value }) => ({ name, value }));
    writeFileSync(join(pictures, 'performance-sign-ins.svg'), bars('Sign-ins a second', rates));
  }
  say(`written: ${values.out}`);
}

if (values.help) {
  process.stdout.write(help);
} else {
  await main();
}
