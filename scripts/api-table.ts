/** `npm run docs`: writes into the documents what code and tests say. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { problemTypes } from '../lambdas/edge/http/problems.ts';
import { type Caller, type Route, routes } from '../lambdas/routes.ts';
import { walkThrough } from '../local/dev/walk-through.ts';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

const callers: Record<Caller, string> = {
  app: 'app',
  operator: 'operator',
  challenge: 'browser',
  user: 'user',
  user_or_enrolling: 'user, or browser that must enrol',
  admin: 'admin, support',
  public: 'anybody',
};

const tableOf = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function apiTable(): string {
  const rows = (Object.values(routes) as Route[]).map(({ method, path, caller, summary, status }) => [
    `\`${method} ${path}\``,
    callers[caller],
    summary,
    String(status),
  ]);
  return tableOf(['route', 'who', 'what', 'answers'], rows);
}

function problemTable(): string {
  const rows = Object.entries(problemTypes).map(([code, { status, title }]) => [
    String(status),
    `\`${code}\``,
    title,
  ]);
  return tableOf(['status', '`code`', 'meaning'], rows);
}

const example = (): string => `\`\`\`ts\n${read('examples/sign-in.ts').replace(/^\/\*\*.*\n/, '')}\`\`\``;

/** A text with everything between `<!-- name -->` and `<!-- /name -->` replaced. Throws where a marker is missing. */
function between(text: string, name: string, content: string): string {
  const [before, rest] = text.split(`<!-- ${name} -->\n`);
  const after = rest?.split(`<!-- /${name} -->`)[1];
  if (after === undefined) {
    throw new Error(`<!-- ${name} --> is missing`);
  }
  return `${before}<!-- ${name} -->\n${content}\n<!-- /${name} -->${after}`;
}

const walk = (): string => `\`\`\`bash\n${walkThrough('http://localhost:4400')}\`\`\``;

/** README.md as it has to be: the walk-through and the example come from the code. */
export const readme = (): string => between(between(read('README.md'), 'walk', walk()), 'example', example());

/** docs/api.md as it has to be: the tables of routes and errors come from the code. */
export const apiDocument = (): string =>
  between(between(read('docs/api.md'), 'api', apiTable()), 'errors', problemTable());

/** The test files whose tests begin with this number of an attack or a requirement, such as `S17`, or with several. */
export function testsOf(row: string): string[] {
  const named = new RegExp(`['"\`]([RS]\\d+,? )*${row}\\b`);
  const files = readdirSync(new URL('../test', import.meta.url), { recursive: true }).map(String);
  const tests = files.filter((file) => file.endsWith('.test.ts')).map((file) => `test/${file}`);
  return tests.filter((test) => named.test(read(test))).sort();
}

/** A document of attacks or requirements with the third column of its tables written anew. */
function withTests(path: string): string {
  return read(path).replace(/^\| ([RS]\d+) +\| (.+?) +\| .*\|$/gm, (_, row, told) => {
    const tests = testsOf(row).map((test) => `[${test.slice('test/'.length)}](../${test})`);
    return `| ${row} | ${told} | ${tests.join('<br>') || '*none by its number*'} |`;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync('README.md', readme());
  writeFileSync('docs/api.md', apiDocument());
  for (const path of ['docs/threats.md', 'docs/requirements.md']) {
    writeFileSync(path, withTests(path));
  }
}
