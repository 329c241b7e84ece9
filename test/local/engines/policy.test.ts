import { describe, expect, it } from 'vitest';
import { allows, type Statement } from '../../../local/engines/policy.ts';

const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/states';
const allow = (more: Partial<Statement>): Statement => ({
  Effect: 'Allow',
  Action: '*',
  Resource: '*',
  ...more,
});
const request = (more: Partial<Parameters<typeof allows>[1]> = {}) => ({
  action: 'dynamodb:PutItem',
  resources: [table],
  context: { 'dynamodb:LeadingKeys': ['user#1'], 'kms:EncryptionContext:purpose': ['totp'] },
  ...more,
});
const likeKeys = (...keys: string[]) => ({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } });

describe('a role', () => {
  it.each<[string, Statement[]]>([
    ['the very action on the very resource', [allow({ Action: 'dynamodb:PutItem', Resource: table })]],
    ['one of several actions, in any case', [allow({ Action: ['kms:Sign', 'dynamodb:putitem'] })]],
    ['an action with a wildcard', [allow({ Action: 'dynamodb:Put*' })]],
    ['a resource with a wildcard', [allow({ Resource: 'arn:aws:dynamodb:*:*:table/sta?es' })]],
    [
      'a condition that is met',
      [allow({ Condition: { StringEquals: { 'kms:EncryptionContext:purpose': 'totp' } } })],
    ],
    ['a pattern for every key', [allow({ Condition: likeKeys('account#*', 'user#*') })]],
    ['a second statement', [allow({ Action: 'kms:Sign' }), allow({})]],
  ])('is allowed by %s', (_, statements) => {
    expect(allows(statements, request())).toBe(true);
  });

  it.each<[string, Statement[]]>([
    ['nothing at all', []],
    ['another action', [allow({ Action: 'dynamodb:GetItem' })]],
    ['another resource', [allow({ Resource: `${table}/index/due` })]],
    [
      'a condition that is not met',
      [allow({ Condition: { StringEquals: { 'kms:EncryptionContext:purpose': 'keyring' } } })],
    ],
    ['a pattern for other keys', [allow({ Condition: likeKeys('account#*') })]],
    [
      'an operator that is not known',
      [allow({ Condition: { NumericEquals: { 'dynamodb:LeadingKeys': 'user#1' } } })],
    ],
    [
      'a condition key that is not known',
      [allow({ Condition: { 'ForAllValues:StringLike': { 'aws:Nothing': '*' } } })],
    ],
    [
      'a condition on a context that the call lacks',
      [allow({ Condition: { StringEquals: { 'ses:FromAddress': 'a@b.c' } } })],
    ],
    ['a denial beside it', [allow({}), { ...allow({}), Effect: 'Deny' }]],
    [
      'a denial with a condition that is not known',
      [allow({}), { ...allow({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } }), Effect: 'Deny' }],
    ],
    ['a statement without actions', [{ Effect: 'Allow', Resource: '*' }]],
  ])('is not allowed by %s', (_, statements) => {
    expect(allows(statements, request())).toBe(false);
  });

  it('with one key out of its pattern, a whole batch is not allowed', () => {
    const batch = request({ context: { 'dynamodb:LeadingKeys': ['user#1', 'keyring'] } });
    expect(allows([allow({ Condition: likeKeys('user#*') })], batch)).toBe(false);
  });

  it('a mail may be sent by the identity of the address or of its domain', () => {
    const resources = [
      'arn:aws:ses:r:a:identity/security@acme.example',
      'arn:aws:ses:r:a:identity/acme.example',
    ];
    const statements = [allow({ Resource: 'arn:aws:ses:r:a:identity/acme.example' })];
    expect(allows(statements, request({ resources }))).toBe(true);
  });
});
