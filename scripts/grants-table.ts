/** `npm run docs`: docs/grants.md, what each function may do in AWS, from the table of routes and `lib/grants.ts`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { background, routes } from '../lambdas/routes.ts';
import { type Grant, type Resources, statementsFor } from '../lib/grants.ts';

/** Words in place of ARNs. */
const on: Omit<Resources, 'custody'> = {
  tableArn: 'the table',
  dueIndexArn: 'its index `due`',
  listingIndexArn: 'its index `listing`',
  membersIndexArn: 'its index `members`',
  eventBusArn: "the stage's event bus",
  vaultKeyArn: 'the vault key',
  signingKeyArns: ['the first signing key', 'the other signing keys'],
  mailIdentityArn: 'the mail identity',
  mailConfigurationSetArn: 'its configuration set',
  mailConfigurationSet: '',
  mailFrom: 'the address `mailFrom`',
  smsOriginationArn: 'the origination identity',
};

type Statement = {
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
};

const tableOf = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

type Custody = Resources['custody']['keyCustody'];

function statementsOf(grant: Grant, keyCustody: Custody): string {
  const lines = statementsFor([grant], { ...on, custody: { keyCustody } }).map((each) => {
    const { Action, Resource, Condition = {} } = each.toStatementJson() as Statement;
    const actions = [Action].flat().map((action) => `\`${action}\``);
    const where = Object.values(Condition).flatMap((tests) =>
      Object.entries(tests).map(
        ([key, values]) => `\`${key}\` is ${[values].flat().join(' or ').replaceAll('*', '\\*')}`,
      ),
    );
    return `${actions.join(', ')} on ${[Resource].flat().join(' and ')}${where.length > 0 ? `, where ${where.join(' and ')}` : ''}`;
  });
  return lines.join('<br>') || 'nothing';
}

/** What a grant allows; once for each custody where that makes a difference. */
function words(grant: Grant): string {
  const [kms, cached] = [statementsOf(grant, 'kms'), statementsOf(grant, 'cached')];
  return kms === cached ? kms : `under \`kms\`: ${kms}<br>under \`cached\`: ${cached}`;
}

/** docs/grants.md as it has to be. */
export function grantsDocument(): string {
  const functions = Object.entries<{ grants: readonly Grant[] }>({ ...routes, ...background });
  const grants = [...new Set(functions.flatMap(([, { grants: of }]) => of))].sort();
  const byGrant = grants.map((grant) => [
    `\`${grant}\``,
    words(grant),
    functions
      .filter(([, { grants: of }]) => of.includes(grant))
      .map(([name]) => name)
      .join(', '),
  ]);
  const byFunction = functions.map(([name, { grants: of }]) => [
    `\`${name}\``,
    of.map((grant) => `\`${grant}\``).join(' ') || 'nothing',
  ]);
  return `# What each function may do

*Written by \`npm run docs\` from \`lambdas/routes.ts\` and \`lib/grants.ts\`.* Every function has a role of its own, which may write its
own log and what its grants say. The courier also reads the table's stream and sends what it gives up on to its queue.
\`test/lib/grants.test.ts\` holds the template to it word for word, and \`npm start\` refuses what is not granted.

## By grant

${tableOf(['grant', 'what IAM allows', 'functions'], byGrant)}

## By function

${tableOf(['function', 'grants'], byFunction)}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync('docs/grants.md', grantsDocument());
}
