/**
 * What each function may do, word for word. A line that appears here by surprise is a function that can do more than
 * it needs: a thief who takes one function over gets no other function's rights.
 */
import { describe, expect, test } from 'vitest';
import { background, routes } from '../../lambdas/routes.ts';
import { type Json, ofType, readable, synthesizeTest } from './synthesized.ts';

const states = 'ForAllValues:StringLike dynamodb:LeadingKeys user#*,account#*';
const users = 'ForAllValues:StringLike dynamodb:LeadingKeys user#*';
const keyring = 'ForAllValues:StringEquals dynamodb:LeadingKeys keyring';
const forKeyring = 'StringEquals kms:EncryptionContext:purpose keyring';
const forTotp = 'StringEquals kms:EncryptionContext:purpose totp';
const table = '{AWS::DynamoDB::Table}';
const vault = '{Countersign: authenticator secrets and the keyring}';
const stream = '{AWS::DynamoDB::Table.StreamArn}';
const signingKey = '{Countersign: signs tokens (2026)}';
const formerKey = '{Countersign: signs tokens (2025)}';

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
const mails = [
  'ses:SendEmail arn:{AWS::Partition}:ses:{AWS::Region}:{AWS::AccountId}:identity/acme.example ' +
    'StringEquals ses:FromAddress security@acme.example',
];
const checksProof = [...writesState, ...usesKeyring, ...opensTotp, ...readsKeys];

const expected: Record<keyof typeof routes | keyof typeof background, string[]> = {
  'create-challenge': [...writesState, ...createsKeyring, ...signs],
  'send-code': [...writesState, ...usesKeyring, ...mails],
  'verify-challenge': [...writesState, ...usesKeyring, ...opensTotp, ...signs],
  'mint-user-token': signs,
  'sync-user': writesState,
  'delete-user': [`dynamodb:BatchWriteItem ${table} ${users}`, `dynamodb:Query ${table} ${users}`],
  'password-changed': writesState,
  'get-two-factor': [...readsState, ...readsKeys],
  'start-authenticator': [...checksProof, ...sealsTotp],
  'confirm-authenticator': [...checksProof, ...signs],
  'remove-authenticator': checksProof,
  'start-email-method': [...checksProof, ...createsKeyring, ...mails],
  'confirm-email-method': [...writesState, ...usesKeyring, ...readsKeys],
  'remove-email-method': checksProof,
  'regenerate-recovery-codes': checksProof,
  'disable-two-factor': checksProof,
  'mail-proof-code': [...writesState, ...createsKeyring, ...readsKeys, ...mails],
  'reset-two-factor': [...writesState, ...readsKeys],
  jwks: readsKeys,
  'openid-configuration': [],
  openapi: [],
  health: [],
  courier: [
    ...writesState,
    `dynamodb:PutItem ${table} ${users}`,
    `dynamodb:Query ${table}/index/due`,
    ...mails,
    `dynamodb:DescribeStream ${stream}`,
    `dynamodb:GetRecords ${stream}`,
    `dynamodb:GetShardIterator ${stream}`,
    `dynamodb:ListStreams ${stream}`,
    'sqs:SendMessage {AWS::SQS::Queue}',
  ],
};

const template = synthesizeTest({ signingKeys: ['2026', '2025'] });

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
  test.each(Object.entries(expected))('%s may do this and nothing else', (flow, lines) => {
    const logs = `{/aws/lambda/countersign-test-${flow}}`;
    const all = [`logs:CreateLogStream ${logs}`, `logs:PutLogEvents ${logs}`, ...lines];
    expect(granted(flow).sort()).toEqual([...new Set(all)].sort());
  });

  test('every function of the routes table is among them', () => {
    expect(Object.keys(expected).sort()).toEqual([...Object.keys(routes), ...Object.keys(background)].sort());
  });

  test('only enrolment may encrypt an authenticator secret', () => {
    expect(flowsThatMay(sealsTotp[0] as string)).toEqual(['start-authenticator']);
  });

  test('only flows that check codes may decrypt an authenticator secret', () => {
    expect(flowsThatMay(opensTotp[0] as string)).toEqual([
      'verify-challenge',
      'start-authenticator',
      'confirm-authenticator',
      'remove-authenticator',
      'start-email-method',
      'remove-email-method',
      'regenerate-recovery-codes',
      'disable-two-factor',
    ]);
  });

  test('only flows that issue tokens may sign, and only with the first key', () => {
    expect(flowsThatMay(signs[0] as string)).toEqual([
      'create-challenge',
      'verify-challenge',
      'mint-user-token',
      'confirm-authenticator',
    ]);
    expect(flowsThatMay(`kms:Sign ${formerKey}`)).toEqual([]);
  });

  test('the courier may use no key', () => {
    expect(granted('courier').filter((line) => line.startsWith('kms:'))).toEqual([]);
  });

  test('no function has a policy beside its own', () => {
    expect(ofType(template, 'AWS::IAM::Policy')).toEqual([]);
    const roles = ofType(template, 'AWS::IAM::Role');
    expect(roles).toHaveLength(Object.keys(expected).length);
    for (const [, { Properties }] of roles) expect(Properties.ManagedPolicyArns).toBeUndefined();
  });
});
