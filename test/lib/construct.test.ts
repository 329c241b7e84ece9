/** Countersign in a stack of somebody's own: it may be renamed, moved and put there twice. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, NestedStack, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { afterAll, describe, expect, it } from 'vitest';
import { callableBy, isSigned } from '../../lib/callers.ts';
import { Countersign } from '../../lib/countersign.ts';
import type { CountersignProps } from '../../lib/props.ts';
import { emptyBundles, type Json, ofType, readable, type Template } from '../support/synthesized.ts';

const bundlesDir = emptyBundles();
const folders = [bundlesDir];
afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true });
  }
});

const props: CountersignProps = {
  productName: 'Acme',
  mailFrom: 'security@acme.example',
  audience: 'acme',
  bundlesDir,
};

/** The template of a stack with whatever `fill` puts in. */
function templateOf(
  fill: (stack: Stack) => void,
  env = { account: '111122223333', region: 'eu-central-1' },
): Template {
  const outdir = mkdtempSync(join(tmpdir(), 'countersign-assembly-'));
  folders.push(outdir);
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, 'Theirs', { env });
  fill(stack);
  return app.synth().getStackArtifact(stack.artifactId).template;
}

/** The templates of the stacks nested in it. */
function nestedTemplatesOf(fill: (stack: Stack) => void): Template[] {
  templateOf(fill);
  const outdir = folders.at(-1) as string;
  return readdirSync(outdir)
    .filter((file) => file.endsWith('.nested.template.json'))
    .map((file) => JSON.parse(readFileSync(join(outdir, file), 'utf8')));
}

const kept = (template: Template) =>
  Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === 'AWS::KMS::Key' || Type === 'AWS::DynamoDB::Table')
    .map(([id]) => id)
    .sort();

describe('what outlives the stack (S75)', () => {
  const plain = templateOf((stack) => new Countersign(stack, 'TwoFactor', props));

  it('has logical ids that depend on the stage alone', () => {
    expect(kept(plain)).toEqual([
      'CountersignProdSigningKey1',
      'CountersignProdTable',
      'CountersignProdTableKey',
      'CountersignProdVaultKey',
    ]);
  });

  it('keeps them when the construct is renamed or moved', () => {
    const moved = templateOf((stack) => new Countersign(new Construct(stack, 'Security'), 'Mfa', props));
    expect(kept(moved)).toEqual(kept(plain));
  });

  it('is found again by its tags when the stack is gone', () => {
    for (const id of kept(plain)) {
      const tags: Json[] = plain.Resources[id]?.Properties.Tags;
      expect(tags).toContainEqual({ Key: 'countersign:stage', Value: 'prod' });
      expect(tags).toContainEqual({ Key: 'countersign:part', Value: id.replace('CountersignProd', '') });
    }
  });
});

describe('two of them in one account (S88)', () => {
  // One stack holds 500 resources, which is less than two of them: each has a stack, or a nested one, of its own.
  const both = nestedTemplatesOf((stack) => {
    new Countersign(new NestedStack(stack, 'Europe'), 'TwoFactor', { ...props, stage: 'eu' });
    new Countersign(new NestedStack(stack, 'America'), 'TwoFactor', { ...props, stage: 'us' });
  });

  it('share no name', () => {
    const names = both.flatMap((template) =>
      Object.values(template.Resources).flatMap(({ Properties = {} }) =>
        ['FunctionName', 'LogGroupName', 'TableName', 'AlarmName', 'DashboardName'].flatMap((property) =>
          // A reference is to a name that is counted where it is given.
          typeof Properties[property] === 'string' ? [Properties[property]] : [],
        ),
      ),
    );
    expect(names.length).toBeGreaterThan(150);
    expect(names.filter((name, n) => names.indexOf(name) !== n)).toEqual([]);
    expect(names.filter((name) => !/countersign-(eu|us)\b/.test(name))).toEqual([]);
  });

  it('keep what outlives them under ids of their own', () => {
    const ids = both.flatMap(kept);
    expect(ids).toHaveLength(8);
    expect(new Set(ids).size).toBe(8);
  });

  it('export nothing', () => {
    expect(both.map(({ Outputs }) => JSON.stringify(Outputs)).join()).not.toContain('Export');
  });

  it('write metrics, and read alarms, of one stage each', () => {
    const namespaces = both.map((template) =>
      ofType(template, 'AWS::CloudWatch::Alarm')
        .map(([, { Properties }]) => Properties.Namespace)
        .filter((namespace) => namespace?.startsWith('Countersign')),
    );
    expect(namespaces.map((each) => [...new Set(each)]).sort()).toEqual([
      ['Countersign/eu'],
      ['Countersign/us'],
    ]);
  });

  it('of one stage are refused', () => {
    const twice = (stack: Stack) => {
      new Countersign(stack, 'One', props);
      new Countersign(stack, 'Two', props);
    };
    expect(() => templateOf(twice)).toThrow(
      'Theirs/Two: there is a stage "prod" in this account and region already',
    );
  });
});

describe('its properties', () => {
  it('may be values that are known at deployment only', () => {
    const template = templateOf(
      (stack) =>
        new Countersign(stack, 'TwoFactor', { ...props, alarmTopicArn: new Topic(stack, 'Alarms').topicArn }),
    );
    const [, alarm] = ofType(template, 'AWS::CloudWatch::Alarm')[0] ?? [];
    expect(template.Resources[alarm?.Properties.AlarmActions[0].Ref]?.Type).toBe('AWS::SNS::Topic');
  });

  it('are refused by the path of the construct and the name of the field', () => {
    const wrong = { ...props, issuerUrl: 'https://acme.example/2fa' };
    expect(() => templateOf((stack) => new Countersign(stack, 'TwoFactor', wrong))).toThrow(
      /Theirs\/TwoFactor is not valid[\s\S]*issuerUrl/,
    );
  });
});

describe('who may call', () => {
  const arns = (template: Template, policy: Json): string[] =>
    [policy.PolicyDocument.Statement[0].Resource].flat().map((arn: Json) => readable(template, arn));

  it.each(['callerRoleArns', 'operatorRoleArns'])('%s is refused for roles of another account', (field) => {
    const withRole = (arn: string, env?: Json) => () =>
      templateOf((stack) => new Countersign(stack, 'TwoFactor', { ...props, [field]: [arn] }), env);
    const foreign = 'arn:aws:iam::999900001111:role/back-end';
    expect(withRole('arn:aws:iam::111122223333:role/back-end')).not.toThrow();
    expect(withRole(foreign)).toThrow(foreign);
    // Where the account is known at deployment only, nothing could be refused.
    expect(withRole('arn:aws:iam::111122223333:role/back-end', {})).toThrow("the stack's own account");
  });

  it('the app is granted exactly what the policy of the app allows', () => {
    let grantee: Role | undefined;
    const template = templateOf((stack) => {
      const countersign = new Countersign(stack, 'TwoFactor', props);
      grantee = new Role(stack, 'BackEnd', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
      countersign.grantCallAppRoutes(grantee);
    });
    const [[, granted] = []] = ofType(template, 'AWS::IAM::Policy');
    const [[, own] = []] = ofType(template, 'AWS::IAM::ManagedPolicy');
    expect(granted?.Properties.PolicyDocument.Statement[0].Action).toBe('execute-api:Invoke');
    expect(arns(template, granted?.Properties)).toEqual(arns(template, own?.Properties));
    expect(grantee).toBeInstanceOf(Role);
  });

  it("the app and the operator each have their own routes, and API Gateway asks for both's signature", () => {
    const called = [
      { method: 'POST', path: '/v1/challenges', caller: 'app' },
      { method: 'PUT', path: '/v1/accounts/{accountId}/policy', caller: 'operator' },
      { method: 'POST', path: '/v1/challenges/verify', caller: 'challenge' },
    ] as const;
    expect(callableBy('app', called)).toEqual(['POST/v1/challenges']);
    expect(callableBy('operator', called)).toEqual(['PUT/v1/accounts/*/policy']);
    expect(called.filter(isSigned)).toHaveLength(2);
  });

  it('has public properties for the rest of their stack', () => {
    templateOf((stack) => {
      const countersign = new Countersign(stack, 'TwoFactor', props);
      expect(countersign.eventSource).toBe('countersign');
      expect(countersign.issuer).toBe(countersign.url);
      const policy = new ManagedPolicy(stack, 'Readers');
      countersign.table.grantReadData(policy);
      expect(
        countersign.grantCallAppRoutes(new ArnPrincipal('arn:aws:iam::111122223333:role/x')).success,
      ).toBe(false);
      expect(stack.resolve(countersign.api.apiId)).toHaveProperty('Ref');
    });
  });
});
