/** `countersign cost`: what a month costs, from how many people sign in how often. */
import table from '../../scripts/cost/prices.json' with { type: 'json' };
import type { Terminal } from '../terminal.ts';

export type CostOptions = {
  users: number;
  /** A user's second factors in a month. */
  signIns: number;
  /** The share of sign-ins by a mailed code. */
  emailShare: number;
  custody: 'kms' | 'cached';
};

/** US dollars, without the free tier; the file says of which region, when, and where they were looked up. */
const listed = table.prices;
const prices = {
  httpApiPerMillion: listed.httpApiRequest.perMillion,
  lambdaPerMillion: listed.lambdaRequest.perMillion,
  lambdaPerGbSecond: listed.lambdaArmGbSecond.perMillion / 1e6,
  writePerMillion: listed.dynamoWriteUnit.perMillion,
  readPerMillion: listed.dynamoReadUnit.perMillion,
  /** Storage is not in the file: next to nothing for items of a kilobyte. */
  tableGbMonth: 0.25,
  recoveryGbMonth: 0.2,
  kmsKeyMonth: listed.kmsKeyMonth.each,
  kmsPerMillion: listed.kmsRequest.perMillion,
  sesPerMillion: listed.mail.perMillion,
  logsPerGb: listed.logGb.each,
};

/** What one sign-in takes: a challenge and a verification, as `test/flows/aws-calls.test.ts` counts them. */
const perSignIn = {
  requests: 2,
  /** Two batch reads of two items, strongly consistent, each within 4 KB. */
  readUnits: 4,
  /** The user's item, its two index entries where they change, and the audit row with its own. */
  writeUnits: 4,
  kmsCalls: { kms: 2, cached: 0 },
  gbSeconds: 2 * 0.03 * 1.77,
  logGb: 2 * 600e-9,
};
const itemGb = 1.5e-6;
/** Table key, vault key, one signing key. */
const keys = 3;

type Line = { what: string; amount: string; usd: number };

/** Every position of a month's bill. Pure arithmetic: 32-bit ARM functions, on-demand table, no free tier. */
export function monthlyCost({ users, signIns, emailShare, custody }: CostOptions): Line[] {
  const total = users * signIns;
  const millions = (count: number) => count / 1e6;
  const requests = total * (perSignIn.requests + emailShare);
  const mails = total * emailShare;
  const writes = total * (perSignIn.writeUnits + emailShare);
  const reads = total * perSignIn.readUnits;
  const kms = total * perSignIn.kmsCalls[custody];
  const line = (what: string, count: number, unit: string, usd: number): Line => ({
    what,
    amount: `${Math.round(count).toLocaleString('en-US')} ${unit}`,
    usd,
  });
  return [
    line('API Gateway', requests, 'requests', millions(requests) * prices.httpApiPerMillion),
    line(
      'Lambda',
      requests,
      'invocations',
      millions(requests) * prices.lambdaPerMillion + total * perSignIn.gbSeconds * prices.lambdaPerGbSecond,
    ),
    line('DynamoDB writes', writes, 'units', millions(writes) * prices.writePerMillion),
    line('DynamoDB reads', reads, 'units', millions(reads) * prices.readPerMillion),
    line('DynamoDB storage', users, 'items', users * itemGb * (prices.tableGbMonth + prices.recoveryGbMonth)),
    line('KMS keys', keys, 'keys', keys * prices.kmsKeyMonth),
    line('KMS calls', kms, 'calls', millions(kms) * prices.kmsPerMillion),
    line('SES', mails, 'mails', millions(mails) * prices.sesPerMillion),
    line('Logs', total, 'sign-ins', total * perSignIn.logGb * prices.logsPerGb),
  ];
}

export function showCost(terminal: Terminal, options: CostOptions): void {
  const lines = monthlyCost(options);
  const total = lines.reduce((sum, { usd }) => sum + usd, 0);
  terminal.result({ lines, total }, () => {
    terminal.table(lines.map(({ usd, ...line }) => ({ ...line, 'USD a month': usd.toFixed(2) })));
    terminal.line(
      `In all ${total.toFixed(2)} USD a month, ${((total / options.users) * 1000).toFixed(2)} for 1,000 users.`,
    );
  });
}
