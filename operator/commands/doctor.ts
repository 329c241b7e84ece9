/** `countersign doctor`: whether a stage is well, each finding with what to do. */
import { CloudWatchClient, DescribeAlarmsCommand, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import {
  GetIdentityVerificationAttributesCommand,
  GetSendQuotaCommand,
  ListIdentitiesCommand,
  SESClient,
} from '@aws-sdk/client-ses';
import { World } from '../accept/world.ts';
import { readKeyring } from '../keyring.ts';
import type { Target } from '../target.ts';
import { exitCodes, type Terminal } from '../terminal.ts';

type Finding = { check: string; result: 'ok' | 'LOOK' | 'FAILS'; detail: string };
type Examine = (target: Target) => Promise<Omit<Finding, 'check'>>;

const ok = (detail: string) => ({ result: 'ok' as const, detail });
const look = (detail: string) => ({ result: 'LOOK' as const, detail });
const fails = (detail: string) => ({ result: 'FAILS' as const, detail });

/** TOTP lets a code of 30 seconds ago pass, AWS a signature of 5 minutes ago. */
const clockSkewMs = { look: 5_000, fails: 30_000 };
/** Quota of an SES account in the sandbox: 200 mails a day, to verified addresses alone. */
const sandboxMails = 200;

const examinations: [string, Examine][] = [
  [
    'API',
    async ({ url }) => {
      const answer = await fetch(`${url}/v1/health`);
      const { status, version } = (await answer.json()) as { status?: string; version?: string };
      return status === 'ok'
        ? ok(`${url}, version ${version ?? 'unknown'}`)
        : fails(`${url} answers ${answer.status}`);
    },
  ],
  ['clock', examineClock],
  [
    'key set',
    async ({ url }) => {
      const answer = await fetch(`${url}/.well-known/jwks.json`);
      const { keys = [] } = (await answer.json()) as { keys?: { kid: string }[] };
      return keys.length > 0
        ? ok(`signs with ${keys.map(({ kid }) => kid).join(', ')}`)
        : fails('there is no public key');
    },
  ],
  ['discovery', examineDiscovery],
  [
    'keyring',
    async (target) => {
      const keyring = await readKeyring(await target.table());
      return keyring ? ok(`${keyring.keys.length} keys`) : look('missing so far: the first sign-in makes it');
    },
  ],
  ['mail', examineMail],
  ['alarms', examineAlarms],
  ['canary', examineCanary],
];

export async function doctor(target: Target, terminal: Terminal): Promise<number> {
  const findings: Finding[] = [];
  const progress = terminal.progress('Checks');
  for (const [check, examine] of examinations) {
    const found = await examine(target).catch((error) => fails((error as Error).message));
    findings.push({ check, ...found });
    progress.step(findings.length, examinations.length);
  }
  progress.end();
  terminal.result(findings, () => terminal.table(findings));
  return findings.some(({ result }) => result === 'FAILS') ? exitCodes.partly : exitCodes.done;
}

async function examineClock(target: Target) {
  const world = new World(target);
  await world.readClock();
  const skew = Math.abs(world.offsetMs);
  const detail = `the stage is ${Math.round(world.offsetMs / 1000)} s ahead of this machine`;
  if (target.isLocal) {
    return skew > clockSkewMs.look ? look(`${detail}: the local clock was moved`) : ok(detail);
  }
  return skew > clockSkewMs.fails
    ? fails(`${detail}: set this machine's clock`)
    : skew > clockSkewMs.look
      ? look(detail)
      : ok(detail);
}

async function examineDiscovery({ url }: Target) {
  const answer = await fetch(`${url}/.well-known/openid-configuration`);
  const { issuer, jwks_uri } = (await answer.json()) as { issuer?: string; jwks_uri?: string };
  const keys = await fetch(jwks_uri ?? '').catch(() => undefined);
  return keys?.ok
    ? ok(`issuer ${issuer}`)
    : fails(`${jwks_uri} does not answer: a JWT authorizer finds no keys`);
}

async function examineMail(target: Target) {
  if (target.isLocal) {
    return ok(`kept at ${target.url}/_dev/mailbox`);
  }
  const client = new SESClient(target.aws());
  const {
    Max24HourSend = 0,
    SentLast24Hours = 0,
    MaxSendRate = 0,
  } = await client.send(new GetSendQuotaCommand({}));
  const quota = `${SentLast24Hours} of ${Max24HourSend} mails in 24 hours, ${MaxSendRate} a second`;
  if (Max24HourSend <= sandboxMails && Max24HourSend >= 0) {
    return look(
      `SES is in the sandbox: only verified addresses get mail. Ask AWS for production access. ${quota}`,
    );
  }
  const { Identities = [] } = await client.send(new ListIdentitiesCommand({ MaxItems: 100 }));
  const { VerificationAttributes = {} } = await client.send(
    new GetIdentityVerificationAttributesCommand({ Identities }),
  );
  const pending = Object.entries(VerificationAttributes).filter(
    ([, one]) => one.VerificationStatus !== 'Success',
  );
  return pending.length > 0
    ? look(`not verified: ${pending.map(([name]) => name).join(', ')}. ${quota}`)
    : ok(quota);
}

/** An alarm without a recipient counts as missing. */
async function examineAlarms(target: Target) {
  if (target.isLocal) {
    return ok('none locally');
  }
  const { alarms } = await target.stack();
  if (alarms.length === 0) {
    return fails('the stack has no alarm');
  }
  const client = new CloudWatchClient(target.aws());
  const found: MetricAlarm[] = [];
  for (let at = 0; at < alarms.length; at += 100) {
    const AlarmNames = alarms.slice(at, at + 100);
    const { MetricAlarms = [] } = await client.send(
      new DescribeAlarmsCommand({ AlarmNames, MaxRecords: 100 }),
    );
    found.push(...MetricAlarms);
  }
  const silent = found.filter(
    ({ ActionsEnabled, AlarmActions = [] }) => !ActionsEnabled || AlarmActions.length === 0,
  );
  const ringing = found.filter(({ StateValue }) => StateValue === 'ALARM').map(({ AlarmName }) => AlarmName);
  if (ringing.length > 0) {
    return fails(`in alarm: ${ringing.join(', ')}`);
  }
  return silent.length > 0
    ? look(`${silent.length} of ${found.length} alarms tell nobody: set alarmTopicArn`)
    : ok(`${found.length} alarms, none ringing`);
}

/** Somebody who enrols, signs in and is erased: whatever a function may not do fails here and not at a person's sign-in. */
async function examineCanary(target: Target) {
  const world = new World(target);
  await world.readClock();
  try {
    const person = await world.person().enrol();
    const { challengeToken } = await person.challenge();
    const { status } = await person.verify(challengeToken, 'totp', await person.nextCode());
    return status === 'passed'
      ? ok('enrolled, signed in, erased')
      : fails(`the sign-in ended with ${status}`);
  } finally {
    await world.leaveNothingBehind();
  }
}
