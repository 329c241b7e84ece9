import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Template } from '../../../local/stack/resources.ts';
import { resolveTemplate } from '../../../local/stack/template.ts';
import { fixtureAssembly } from '../fixture/functions.ts';

const endpoint = 'http://127.0.0.1:4400';

function fixture(): Template {
  const { template, dir } = fixtureAssembly();
  rmSync(dir, { recursive: true });
  return template;
}

/** The fixture with one resource more or changed. */
function resolveWith(id: string, resource: Template['Resources'][string]) {
  const { Resources } = fixture();
  return resolveTemplate({ Resources: { ...Resources, [id]: resource } }, endpoint);
}

describe('a template', () => {
  it('gives each function its environment, with references resolved', () => {
    const echo = resolveTemplate(fixture(), endpoint).functions.find(({ name }) => name === 'fixture-echo');
    expect(echo?.environment).toEqual({
      ONLY_ECHO: 'for echo',
      ISSUER_URL: endpoint,
      VAULT_KEY_ARN: expect.stringMatching(/^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f-]{36}$/),
      JWKS: `${endpoint}/jwks of us-east-1 \${Literal}`,
    });
    expect(echo).toMatchObject({
      handler: 'index.handler',
      codeHash: 'echo',
      timeoutMs: 10_000,
      memoryMb: 128,
    });
  });

  it('gives each function the statements of its own role alone', () => {
    const { functions } = resolveTemplate(fixture(), endpoint);
    const statementsOf = (name: string) => functions.find((each) => each.name === name)?.statements;
    expect(statementsOf('fixture-writer')).toMatchObject([
      { Action: 'dynamodb:PutItem', Resource: 'arn:aws:dynamodb:us-east-1:000000000000:table/Table' },
    ]);
    expect(statementsOf('fixture-echo')).toEqual([]);
  });

  it('adds the statements of a policy that names the role', () => {
    const PolicyDocument = { Statement: [{ Effect: 'Allow', Action: 'kms:Sign', Resource: '*' }] };
    const Properties = { PolicyDocument, Roles: [{ Ref: 'echoRole' }] };
    const { functions } = resolveWith('Extra', { Type: 'AWS::IAM::Policy', Properties });
    expect(functions.find(({ name }) => name === 'fixture-echo')?.statements).toMatchObject([
      { Action: 'kms:Sign' },
    ]);
    expect(functions.find(({ name }) => name === 'fixture-other')?.statements).toEqual([]);
  });

  it('gives routes their function, their authorization and their throttle', () => {
    const { routes } = resolveTemplate(fixture(), endpoint);
    expect(routes).toContainEqual({
      method: 'PUT',
      path: '/signed/{a}/users/{b}',
      functionName: 'fixture-echo',
      iam: true,
      throttle: { rate: 10_000, burst: 5000 },
    });
    expect(routes.find(({ path }) => path === '/throttled')?.throttle).toEqual({ rate: 0.01, burst: 2 });
  });

  it('names the functions that its schedule starts, its tables and its keys', () => {
    const { scheduled, tables, keys } = resolveTemplate(fixture(), endpoint);
    expect(scheduled).toEqual(['fixture-courier']);
    expect(tables.map(({ TableName }) => TableName)).toEqual(['Table']);
    expect(keys).toMatchObject([{ keySpec: 'SYMMETRIC_DEFAULT', keyUsage: 'ENCRYPT_DECRYPT' }]);
  });

  it('gives the function on a stream its filter, its batches and its retries', () => {
    const { streams } = resolveTemplate(fixture(), endpoint);
    expect(streams).toMatchObject([
      {
        functionName: 'fixture-follower',
        table: 'Table',
        streamArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/Table/stream/local',
        viewType: 'NEW_IMAGE',
        batchSize: 10,
        bisect: true,
        reportsFailures: true,
        maxRetries: 3,
        maxRecordAgeMs: Number.POSITIVE_INFINITY,
      },
    ]);
    const due = { dynamodb: { NewImage: { dueAtMs: { N: '1' } } } };
    expect(streams[0]?.filters.map((accepts) => [accepts(due), accepts({ dynamodb: {} })])).toEqual([
      [true, false],
    ]);
  });

  it('without settings of its own a stream is read as Lambda would', () => {
    const Properties = {
      EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
      FunctionName: { 'Fn::GetAtt': ['follower', 'Arn'] },
    };
    const { streams } = resolveWith('Follow', { Type: 'AWS::Lambda::EventSourceMapping', Properties });
    const endless = Number.POSITIVE_INFINITY;
    expect(streams).toMatchObject([
      { batchSize: 100, bisect: false, reportsFailures: false, maxRetries: endless, maxRecordAgeMs: endless },
    ]);
    const disabled = { ...Properties, Enabled: false };
    const off = { Type: 'AWS::Lambda::EventSourceMapping', Properties: disabled };
    expect(resolveWith('Follow', off).streams).toEqual([]);
  });

  it('keeps the id of a key over two resolutions', () => {
    const [first, second] = [fixture(), fixture()].map(
      (template) => resolveTemplate(template, endpoint).keys[0]?.keyId,
    );
    expect(first).toBe(second);
  });

  it.each<[string, RegExp, Template['Resources'][string], string?]>([
    [
      'a resource of a type that is not known',
      /Extra, a AWS::Neptune::DBCluster/,
      { Type: 'AWS::Neptune::DBCluster' },
    ],
    [
      'an intrinsic that is not known where it is needed',
      /Fn::ImportValue/,
      { Type: 'AWS::DynamoDB::Table', Properties: { TableName: { 'Fn::ImportValue': 'x' } } },
    ],
    [
      'a reference to nothing',
      /Nothing/,
      { Type: 'AWS::DynamoDB::Table', Properties: { TableName: { Ref: 'Nothing' } } },
    ],
    [
      'an attribute that is not known',
      /Vault for Colour/,
      { Type: 'AWS::DynamoDB::Table', Properties: { TableName: { 'Fn::GetAtt': ['Vault', 'Colour'] } } },
    ],
    [
      'a stream that the role of its function may not read',
      /Extra: the role of fixture-other may not read the stream/,
      {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
          FunctionName: { Ref: 'other' },
        },
      },
    ],
    [
      'a stream of a table that has none',
      /Follow reads the stream of Table, which has none/,
      { Type: 'AWS::DynamoDB::Table', Properties: { KeySchema: [] } },
      'Table',
    ],
    [
      'a route of an authorizer that is not known',
      /JWT/,
      {
        Type: 'AWS::ApiGatewayV2::Route',
        Properties: { RouteKey: 'GET /x', AuthorizationType: 'JWT', Target: 'integrations/Integration0' },
      },
    ],
    [
      'a catch-all route',
      /\$default/,
      {
        Type: 'AWS::ApiGatewayV2::Route',
        Properties: { RouteKey: '$default', Target: 'integrations/Integration0' },
      },
    ],
  ])('with %s is refused by name', (_, message, resource, id = 'Extra') => {
    expect(() => resolveWith(id, resource)).toThrow(message);
  });
});
