/**
 * What each function may do, word for word. A line that appears here by surprise is a function that can do more than
 * it needs: a thief who takes one function over gets no other function's rights.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { background, routes } from '../../lambdas/routes.ts';
import { grantsDocument } from '../../scripts/grants-table.ts';
import { type Json, ofType, readable, synthesizeTest } from '../support/synthesized.ts';

const states = 'ForAllValues:StringLike dynamodb:LeadingKeys user#*,account#*';
const users = 'ForAllValues:StringLike dynamodb:LeadingKeys user#*';
const ledgers = 'ForAllValues:StringLike dynamodb:LeadingKeys ledger#*';
/** Of an index query, the leading keys are the index's own partition keys. */
const listedUsers = 'ForAllValues:StringLike dynamodb:LeadingKeys users#*';
const listedEvents = 'ForAllValues:StringLike dynamodb:LeadingKeys events#*,signins#*';
const attempts = 'ForAllValues:StringLike dynamodb:LeadingKeys log#*';
const accounts = 'ForAllValues:StringLike dynamodb:LeadingKeys account#*';
const rowsOfUsers = 'ForAllValues:StringLike dynamodb:LeadingKeys user#*,log#*';
const keyring = 'ForAllValues:StringEquals dynamodb:LeadingKeys keyring';
const forKeyring = 'StringEquals kms:EncryptionContext:purpose keyring';
const forTotp = 'StringEquals kms:EncryptionContext:purpose totp';
const table = '{AWS::DynamoDB::Table}';
const vault = '{Countersign test: authenticator secrets and the keyring}';
const stream = '{AWS::DynamoDB::Table.StreamArn}';
const signingKey = '{Countersign test: signs tokens (2026)}';
const formerKey = '{Countersign test: signs tokens (2025)}';

const readsStream = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(
  (name) => `dynamodb:${name} ${stream}`,
);
const readsState = [`dynamodb:BatchGetItem ${table} ${states}`];
const writesState = [...readsState, `dynamodb:PutItem ${table} ${states}`];
const usesKeyring = [`dynamodb:GetItem ${table} ${keyring}`, `kms:Decrypt ${vault} ${forKeyring}`];
const createsKeyring = [
  ...usesKeyring,
  `dynamodb:PutItem ${table} ${keyring}`,
  `kms:GenerateDataKey ${vault} ${forKeyring}`,
];
const opensTotp = [`kms:Decrypt ${vault} ${forTotp}`];
const sealsTotp = [`kms:Encrypt ${vault} ${forTotp}`];
const signs = [`kms:Sign ${signingKey}`];
const readsKeys = [`kms:GetPublicKey ${signingKey}`, `kms:GetPublicKey ${formerKey}`];
const mailsBy = 'arn:{AWS::Partition}:ses:{AWS::Region}:{AWS::AccountId}';
const mails = ['identity/acme.example', 'configuration-set/{AWS::SES::ConfigurationSet}'].map(
  (name) => `ses:SendEmail ${mailsBy}:${name} StringEquals ses:FromAddress security@acme.example`,
);
const listsUsers = [`dynamodb:Query ${table}/index/listing ${listedUsers}`];
const keepsLedger = [
  `dynamodb:UpdateItem ${table} ${ledgers}`,
  `dynamodb:PutItem ${table} ${ledgers}`,
  `dynamodb:DeleteItem ${table} ${ledgers}`,
];
const originationArn = 'arn:aws:sms-voice:eu-central-1:111122223333:pool/pool-1';
const countsSms = [`dynamodb:UpdateItem ${table} ForAllValues:StringLike dynamodb:LeadingKeys sms#*`];
const textsSms = [...countsSms, `sms-voice:SendTextMessage ${originationArn}`];
const checksProof = [...writesState, ...usesKeyring, ...opensTotp, ...readsKeys, ...countsSms];

const expected: Record<keyof typeof routes | keyof typeof background, string[]> = {
  'create-challenge': [...writesState, ...createsKeyring, ...signs],
  'send-code': [...writesState, ...usesKeyring, ...mails, ...textsSms],
  'verify-challenge': [...writesState, ...usesKeyring, ...opensTotp, ...signs, ...countsSms],
  'read-challenge': [...readsState, ...usesKeyring],
  'fetch-result': [...writesState, ...usesKeyring, ...signs],
  'mint-user-token': [...readsState, ...signs, ...readsKeys],
  'sync-user': writesState,
  'sync-users': writesState,
  'delete-user': [
    ...readsState,
    `dynamodb:DeleteItem ${table} ${users}`,
    `dynamodb:BatchWriteItem ${table} ${rowsOfUsers}`,
    `dynamodb:Query ${table} ${rowsOfUsers}`,
    `dynamodb:GetItem ${table} ${ledgers}`,
    ...keepsLedger,
  ],
  'delete-account': writesState,
  'import-users': [...writesState, ...sealsTotp],
  'password-changed': writesState,
  'set-account': writesState,
  'get-user': readsState,
  'account-policy': readsState,
  'set-policy': writesState,
  'get-two-factor': [...readsState, ...readsKeys],
  'set-default-method': [...writesState, ...readsKeys],
  'start-authenticator': [...checksProof, ...sealsTotp],
  'confirm-authenticator': [...writesState, ...usesKeyring, ...opensTotp, ...readsKeys, ...signs],
  'remove-authenticator': checksProof,
  'start-passkey': checksProof,
  'confirm-passkey': [...writesState, ...usesKeyring, ...readsKeys, ...signs],
  'remove-passkey': checksProof,
  'start-email-method': [...checksProof, ...createsKeyring, ...mails],
  'confirm-email-method': [...writesState, ...usesKeyring, ...readsKeys],
  'remove-email-method': checksProof,
  'start-sms-method': [...checksProof, ...createsKeyring, ...textsSms],
  'confirm-sms-method': [...writesState, ...usesKeyring, ...readsKeys, ...signs, ...countsSms],
  'remove-sms-method': checksProof,
  'regenerate-recovery-codes': checksProof,
  'save-recovery-codes': [...writesState, ...usesKeyring, ...readsKeys, ...signs],
  'disable-two-factor': checksProof,
  'mail-proof-code': [...writesState, ...createsKeyring, ...readsKeys, ...mails, ...textsSms],
  'list-trusted-devices': [...readsState, ...readsKeys],
  'revoke-trusted-device': [...writesState, ...readsKeys],
  'revoke-trusted-devices': [...writesState, ...readsKeys],
  'get-policy': [...readsState, ...readsKeys],
  'propose-policy': [
    ...checksProof,
    ...createsKeyring,
    ...mails,
    ...listsUsers,
    `dynamodb:GetItem ${table} ${ledgers}`,
  ],
  'confirm-policy': [...writesState, ...usesKeyring, ...readsKeys],
  'list-users': [...readsState, ...listsUsers, ...readsKeys],
  'list-events': [
    ...readsState,
    `dynamodb:Query ${table}/index/listing ${listedEvents}`,
    `dynamodb:Query ${table} ${rowsOfUsers}`,
    `dynamodb:BatchGetItem ${table} ForAllValues:StringLike dynamodb:LeadingKeys user#*,account#*,log#*`,
    ...readsKeys,
  ],
  'reset-two-factor': checksProof,
  'unlock-user': checksProof,
  'exempt-user': checksProof,
  'create-temporary-code': [...checksProof, ...createsKeyring],
  prompt: [],
  'prompt-asset': [],
  jwks: readsKeys,
  'openid-configuration': [],
  openapi: [],
  health: [],
  'record-bounces': writesState,
  'record-attempts': [
    `dynamodb:BatchGetItem ${table} ${users}`,
    `dynamodb:PutItem ${table} ${attempts}`,
    `dynamodb:Query ${table} ${attempts}`,
    `dynamodb:BatchWriteItem ${table} ${attempts}`,
    ...readsStream,
    's3:ListBucket {AWS::S3::Bucket}',
    's3:PutObject {AWS::S3::Bucket}/aws/lambda/*',
  ],
  courier: [
    ...writesState,
    `dynamodb:Query ${table}/index/due`,
    `dynamodb:Query ${table}/index/members ${listedUsers}`,
    `dynamodb:Query ${table} ${ledgers}`,
    ...keepsLedger,
    `dynamodb:DeleteItem ${table} ${users}`,
    ...['BatchWriteItem', 'Query'].flatMap((action) =>
      [rowsOfUsers, accounts, ledgers].map((rows) => `dynamodb:${action} ${table} ${rows}`),
    ),
    ...mails,
    ...readsStream,
    'sqs:SendMessage {AWS::SQS::Queue}',
  ],
};

const template = synthesizeTest({ signingKeys: ['2026', '2025'], sms: { originationArn }, imports: true });

const conditionOf = (statement: Json) =>
  Object.entries(statement.Condition ?? {}).map(([operator, tests]) =>
    Object.entries(tests as object).map(([key, values]) => ` ${operator} ${key} ${[values].flat()}`),
  );

/** One line for every action on every resource: `action resource condition`. */
function linesOf(policies: Json[]): string[] {
  return policies.flatMap(({ PolicyDocument }) =>
    PolicyDocument.Statement.flatMap((statement: Json) =>
      [statement.Resource]
        .flat()
        .flatMap((resource: Json) =>
          [statement.Action]
            .flat()
            .map(
              (action: Json) => `${action} ${readable(template, resource)}${conditionOf(statement).flat()}`,
            ),
        ),
    ),
  );
}

function granted(flow: string): string[] {
  const name = `countersign-test-${flow}`;
  const lambda = ofType(template, 'AWS::Lambda::Function').find(
    ([, { Properties }]) => Properties.FunctionName === name,
  );
  const roleId: string = lambda?.[1].Properties.Role['Fn::GetAtt'][0];
  return linesOf(template.Resources[roleId]?.Properties.Policies);
}

const flowsThatMay = (line: string) => Object.keys(expected).filter((flow) => granted(flow).includes(line));

describe('what each function may do', () => {
  it.each(Object.entries(expected))('%s may do this and nothing else', (flow, lines) => {
    const logs = `{/aws/lambda/countersign-test-${flow}}`;
    const all = [`logs:CreateLogStream ${logs}`, `logs:PutLogEvents ${logs}`, ...lines];
    expect(granted(flow).sort()).toEqual([...new Set(all)].sort());
  });

  it('every function of the routes table is among them', () => {
    expect(Object.keys(expected).sort()).toEqual([...Object.keys(routes), ...Object.keys(background)].sort());
  });

  it('S86 a stage without imports has no such route, function or grant', () => {
    const without = synthesizeTest();
    expect(JSON.stringify(without)).not.toMatch(/import-users|accounts\/(\{accountId\}|\*)\/imports/);
  });

  it('only enrolment and imports may encrypt an authenticator secret', () => {
    expect(flowsThatMay(sealsTotp[0] as string)).toEqual(['import-users', 'start-authenticator']);
  });

  it('only flows that check codes may decrypt an authenticator secret', () => {
    expect(flowsThatMay(opensTotp[0] as string)).toEqual([
      'verify-challenge',
      'start-authenticator',
      'confirm-authenticator',
      'remove-authenticator',
      'start-passkey',
      'remove-passkey',
      'start-email-method',
      'remove-email-method',
      'start-sms-method',
      'remove-sms-method',
      'regenerate-recovery-codes',
      'disable-two-factor',
      'propose-policy',
      'reset-two-factor',
      'unlock-user',
      'exempt-user',
      'create-temporary-code',
    ]);
  });

  it('only flows that issue tokens may sign, and only with the first key', () => {
    expect(flowsThatMay(signs[0] as string)).toEqual([
      'create-challenge',
      'verify-challenge',
      'fetch-result',
      'mint-user-token',
      'confirm-authenticator',
      'confirm-passkey',
      'confirm-sms-method',
      'save-recovery-codes',
    ]);
    expect(flowsThatMay(`kms:Sign ${formerKey}`)).toEqual([]);
  });

  it('only flows that send codes may text, from the one identity', () => {
    expect(flowsThatMay(`sms-voice:SendTextMessage ${originationArn}`)).toEqual([
      'send-code',
      'start-sms-method',
      'mail-proof-code',
    ]);
  });

  it('in a stage without text messages nothing is granted for them', () => {
    const without = JSON.stringify(synthesizeTest());
    expect(without).not.toContain('sms-voice');
    expect(without).not.toContain('sms#');
  });

  it('the courier may use no key', () => {
    expect(granted('courier').filter((line) => line.startsWith('kms:'))).toEqual([]);
  });

  it('whoever only looks things up or keeps the figures may not touch a policy', () => {
    const mayWriteAccounts = `dynamodb:PutItem ${table} ${states}`;
    for (const flow of ['list-users', 'list-events', 'get-policy', 'delete-user', 'list-trusted-devices']) {
      expect([flow, granted(flow)]).not.toEqual([flow, expect.arrayContaining([mayWriteAccounts])]);
    }
    expect(granted('delete-user').filter((line) => /(Put|Delete|Update)Item.*account#/.test(line))).toEqual(
      [],
    );
  });

  it('docs/grants.md lists it: npm run docs writes it', () => {
    expect(readFileSync(new URL('../../docs/grants.md', import.meta.url), 'utf8')).toBe(grantsDocument());
  });

  it('a stage that keeps no record of attempts has neither the function nor the bucket', () => {
    const without = synthesizeTest({ auditSignIns: false });
    expect(JSON.stringify(without)).not.toContain('record-attempts');
    expect(ofType(without, 'AWS::S3::Bucket')).toEqual([]);
    expect(ofType(without, 'AWS::Lambda::EventSourceMapping')).toHaveLength(1);
  });

  it('what the bus does not take of the attempts is set aside, where there is a bus', () => {
    const withBus = JSON.stringify(synthesizeTest({ eventBusName: 'security' }));
    expect(withBus.match(/events:PutEvents/g)).toHaveLength(2);
  });

  it('no function has a policy beside its own', () => {
    expect(ofType(template, 'AWS::IAM::Policy')).toEqual([]);
    const roles = ofType(template, 'AWS::IAM::Role');
    expect(roles).toHaveLength(Object.keys(expected).length);
    for (const [, { Properties }] of roles) {
      expect(Properties.ManagedPolicyArns).toBeUndefined();
    }
  });
});
