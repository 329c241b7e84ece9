/** What the key custody of a stage changes in the rights of its functions: no function has a right of the other custody. */
import { describe, expect, it } from 'vitest';
import { type Json, ofType, readable, synthesizeTest } from '../support/synthesized.ts';

const ofDataKeys = 'dynamodb:LeadingKeys datakeys#*';
const ofTokenKeys = 'dynamodb:LeadingKeys tokenkeys';
const purpose = (name: string) => `kms:EncryptionContext:purpose ${name}`;

const opensDataKeys = [`dynamodb:GetItem ${ofDataKeys}`, `kms:Decrypt ${purpose('data-key')}`];
const makesDataKeys = [`dynamodb:PutItem ${ofDataKeys}`, `kms:GenerateDataKey ${purpose('data-key')}`];
const readsPublicKeys = [`dynamodb:GetItem ${ofTokenKeys}`, `kms:Decrypt ${purpose('token-public')}`];
const signsByPair = [`dynamodb:GetItem ${ofTokenKeys}`, `kms:Decrypt ${purpose('token-key')}`];
const makesPair = [
  `dynamodb:PutItem ${ofTokenKeys}`,
  `kms:GenerateDataKeyPairWithoutPlaintext ${purpose('token-key')}, kms:DataKeyPairSpec RSA_2048`,
  `kms:Encrypt ${purpose('token-public')}`,
];
const kmsSigns = 'kms:Sign';
const kmsPublicKeys = 'kms:GetPublicKey';
const kmsSeals = `kms:Encrypt ${purpose('totp')}`;
const kmsOpens = `kms:Decrypt ${purpose('totp')}`;

/** The rights of a function that are about secrets and tokens, each as its action and conditions. */
function rightsIn(stage: object, flow: string): string[] {
  const template = synthesized(stage);
  const lambda = ofType(template, 'AWS::Lambda::Function').find(
    ([, { Properties }]) => Properties.FunctionName === `countersign-test-${flow}`,
  );
  const roleId: string = lambda?.[1].Properties.Role['Fn::GetAtt'][0];
  const statements = template.Resources[roleId]?.Properties.Policies.flatMap(
    ({ PolicyDocument }: Json) => PolicyDocument.Statement,
  );
  const lines = statements.flatMap(({ Action, Condition = {} }: Json) => {
    const conditions = Object.values(Condition).flatMap((tests) =>
      Object.entries(tests as object).map(([key, values]) => `${key} ${[values].flat()}`),
    );
    return [Action].flat().map((action: string) => [action, conditions.join(', ')].join(' ').trim());
  });
  return [...new Set<string>(lines)]
    .filter((line) => /datakeys|tokenkeys|kms:(?!.*keyring$)/.test(line))
    .sort();
}

const made = new Map<string, ReturnType<typeof synthesizeTest>>();
function synthesized(stage: object) {
  const key = JSON.stringify(stage);
  made.set(key, made.get(key) ?? synthesizeTest(stage));
  return made.get(key) as ReturnType<typeof synthesizeTest>;
}

const cached = { keyCustody: 'cached' };
const toCached = { keyCustody: 'cached', alsoOpens: 'kms' };
const toKms = { keyCustody: 'kms', alsoOpens: 'cached' };

describe('the rights of functions by key custody', () => {
  it.each<[string, object, string[]]>([
    ['verify-challenge', {}, [kmsOpens, kmsSigns]],
    ['verify-challenge', cached, [...opensDataKeys, ...signsByPair]],
    ['verify-challenge', toCached, [...opensDataKeys, ...signsByPair, kmsOpens, kmsSigns]],
    ['verify-challenge', toKms, [...opensDataKeys, kmsOpens, kmsSigns]],
    ['create-challenge', {}, [kmsSigns]],
    ['create-challenge', cached, [...signsByPair, ...makesPair]],
    ['create-challenge', toKms, [kmsSigns]],
    ['mint-user-token', cached, [...signsByPair, ...makesPair, ...readsPublicKeys]],
    ['start-authenticator', cached, [...opensDataKeys, ...makesDataKeys, ...readsPublicKeys]],
    ['start-authenticator', toKms, [...opensDataKeys, kmsOpens, kmsSeals, kmsPublicKeys, ...readsPublicKeys]],
    ['get-two-factor', {}, [kmsPublicKeys]],
    ['get-two-factor', cached, readsPublicKeys],
    ['jwks', {}, [kmsPublicKeys]],
    ['jwks', cached, [kmsPublicKeys, ...readsPublicKeys]],
    ['send-code', cached, []],
    ['courier', cached, []],
  ])('%s in a stage with %j', (flow, stage, rights) => {
    expect(rightsIn(stage, flow)).toEqual([...new Set(rights)].sort());
  });

  it('the vault’s key wraps keys only for a stage that has them', () => {
    const purposesIn = (stage: object) => {
      const template = synthesized(stage);
      const vault = ofType(template, 'AWS::KMS::Key').find(([, { Properties }]) =>
        readable(template, Properties.Description).includes('secrets'),
      );
      return vault?.[1].Properties.KeyPolicy.Statement.find(({ Sid }: Json) => Sid === 'ForItsPurposes');
    };
    expect(JSON.stringify(purposesIn({}))).not.toMatch(/data-key|token-key|KeyPair/);
    for (const stage of [cached, toCached, toKms]) {
      expect(purposesIn(stage).Action).toContain('kms:GenerateDataKeyPairWithoutPlaintext');
    }
  });
});
