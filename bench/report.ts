/** What was found, as Markdown and a picture. */
import type { Ratio, Result } from './head-to-head.ts';
import type { StartUp } from './start-up.ts';
import type { Storm, StormOptions } from './storm.ts';

export type Found = {
  machine: string;
  settings: string;
  results?: Result[] | undefined;
  ratios?: Ratio[] | undefined;
  skipped: string[];
  startUps?: StartUp[] | undefined;
  memory?: { signIns: number; rssMb: number }[] | undefined;
  itemBytes?: { signIns: number; bytes: number }[] | undefined;
  atUsers?: { users: number; msEach: number }[] | undefined;
  storms?: { options: StormOptions; storm: Storm }[] | undefined;
  dollars: { kms: number; cached: number };
};

const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const n = (value: number, digits = 2) => value.toFixed(digits);
const spread = ({ median, least, most }: Ratio['rate']) => `${n(median)} (${n(least)} to ${n(most)})`;

export function markdown(found: Found): string {
  const sections = [headToHead(found), startUp(found), growth(found), stormSection(found), dollars(found)];
  return `# Performance

*Written by \`npm run bench\`; run it yourself: \`npm run bench -- --help\`.* ${found.machine}. ${found.settings}.
Ratios are of one run, round by round, and that is what to read: the absolute figures are those of this machine, and of whatever else
it did.

${sections.filter((section) => section !== '').join('\n\n')}

## Not measurable here

What AWS itself takes: the latency of DynamoDB and KMS, a cold start as a whole, what Lambda bills. The local engines answer in
JavaScript, slower than AWS in CPU and faster in latency. \`countersign accept\` runs against a live deployment.
`;
}

function headToHead({ results, ratios, skipped }: Found): string {
  if (!results) {
    return '';
  }
  const rows = results.map(({ name, perSecond, cpuMsEach, engineCpuMsEach }) => [
    name,
    n(perSecond, 1),
    n(cpuMsEach),
    engineCpuMsEach > 0 ? n(engineCpuMsEach) : 'in the process',
  ]);
  const compared = (ratios ?? []).map(({ of, to, rate, cpu }) => [of, to, spread(rate), spread(cpu)]);
  return `## Sign-ins (measured)

A whole sign-in by an authenticator: first factor passed to token signed, two requests to each system, handled in its process without
HTTP in front. better-auth's password hash is taken out. Engines run in processes of their own, except SQLite.

![Sign-ins a second](pictures/performance-sign-ins.svg)

${table(['who', 'sign-ins a second', 'CPU ms each', "engine's CPU ms each"], rows)}

${table(['of', 'to', 'sign-ins a second, times', 'CPU each, times'], compared)}

Medians, with the least and the most of the rounds. A time of its own is in each figure: Countersign's engines are a DynamoDB and a KMS
in JavaScript, whose CPU AWS would bear.${skipped.length > 0 ? `\n\nLeft out: ${skipped.join('; ')}.` : ''}`;
}

function startUp({ startUps }: Found): string {
  if (!startUps) {
    return '';
  }
  const rows = startUps.map(({ node, bytes: [ours, theirs], cpuMs: [cold, coldDefault] }) => [
    node,
    `${Math.round(ours / 1000)} KB of ${Math.round(theirs / 1000)}: ${n(ours / theirs)}`,
    `${n(cold, 0)} ms of ${n(coldDefault, 0)}: ${n(cold / coldDefault)}`,
  ]);
  return `## Start-up (measured)

\`verify-challenge\` against the bundle that esbuild makes of the same source by default, minified. The import is CPU, in new processes.

${table(['Node', 'bundle', 'cold import'], rows)}`;
}

function growth({ memory, itemBytes, atUsers }: Found): string {
  const parts: string[] = [];
  if (memory) {
    const rows = memory.map(({ signIns, rssMb }) => [signIns.toLocaleString('en'), n(rssMb, 0)]);
    parts.push(`## Memory (measured)\n\n${table(['sign-ins', 'resident MB'], rows)}`);
  }
  if (itemBytes) {
    const rows = itemBytes.map(({ signIns, bytes }) => [String(signIns), String(bytes)]);
    parts.push(
      `## A user's item over a year (measured)\n\nOne sign-in a day; bytes as DynamoDB counts them.\n\n${table(['sign-ins', 'bytes'], rows)}`,
    );
  }
  if (atUsers) {
    const rows = atUsers.map(({ users, msEach }) => [users.toLocaleString('en'), n(msEach, 1)]);
    parts.push(
      `## By the number of users (measured)\n\nThe median of sign-ins one after the other, over the local table.\n\n${table(['users', 'ms'], rows)}`,
    );
  }
  return parts.join('\n\n');
}

function stormSection({ storms }: Found): string {
  if (!storms) {
    return '';
  }
  const rows = storms.map(({ options, storm }) => [
    `${options.throttle.rate} (${options.throttle.burst})`,
    options.concurrency.toLocaleString('en'),
    String(options.coldMs),
    storm.peakPerSecond.toLocaleString('en'),
    storm.peakConcurrent.toLocaleString('en'),
    storm.throttledByGateway.toLocaleString('en'),
    storm.throttledByLambda.toLocaleString('en'),
  ]);
  const [first] = storms;
  return `## A storm (modelled)

${first?.options.people.toLocaleString('en')} people present a code within ${first?.options.seconds} seconds, in the comb of 30-second codes;
\`verify-challenge\` takes ${first?.options.warmMs} ms warm. \`bench/storm.ts\` is the model.

${table(
  [
    'throttle of the route (burst)',
    'concurrent functions',
    'cold start, ms',
    'peak a second',
    'peak concurrent',
    'throttled by the gateway',
    'throttled by Lambda',
  ],
  rows,
)}`;
}

const dollars = ({ dollars: { kms, cached } }: Found) => `## Dollars (modelled)

A million sign-ins by an authenticator: ${n(kms)} under \`kms\`, ${n(cached)} under \`cached\`. [cost.md](cost.md) has the parts: calls are
counted, prices listed, and what Lambda bills is estimated.`;

const escaped = (text: string) => text.replaceAll('`', '').replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** One bar for each. */
export function bars(title: string, values: { name: string; value: number }[]): string {
  const most = Math.max(...values.map(({ value }) => value));
  const rows = values.map(({ name, value }, index) => {
    const y = 44 + index * 34;
    const width = Math.round((value / most) * 300);
    return `<text x="8" y="${y + 15}">${escaped(name)}</text><rect x="250" y="${y}" width="${width}" height="22" fill="${name.startsWith('Countersign') ? '#2563eb' : '#94a3b8'}"/><text x="${258 + width}" y="${y + 15}">${n(value, 1)}</text>`;
  });
  const height = 52 + values.length * 34;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 620 ${height}" font-family="sans-serif" font-size="13" role="img"><title>${escaped(title)}</title><rect width="620" height="${height}" fill="#fff"/><text x="8" y="24" font-size="15" font-weight="bold">${escaped(title)}</text>${rows.join('')}</svg>\n`;
}
