/** What stands before the API for browsers (S78), as a stack of its own, and what the stage then says. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { parseStage } from '../../lib/stage.ts';
import { addFront } from '../../lib/synthesize.ts';
import { ofType, only, stageJson, synthesizeTest, type Template } from '../support/synthesized.ts';

const secretSha256 = '0123456789abcdef'.repeat(4);
const withFront = {
  account: '111122223333',
  domain: {
    name: 'api.2fa.acme.example',
    certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/a',
  },
  front: {
    domain: {
      name: '2fa.acme.example',
      certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/b',
      hostedZoneId: 'Z0123456789',
    },
    secretName: 'countersign-front',
    secretSha256,
  },
};

/** The stack of the front under cdk-nag's AwsSolutions; undefined where the stage has none. */
function frontOf(json: object): Template | undefined {
  const outdir = mkdtempSync(join(tmpdir(), 'countersign-assembly-'));
  const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));
  try {
    const app = new App({ context, outdir, analyticsReporting: false });
    addFront(app, parseStage('test', { ...stageJson, ...json }));
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const [stack] = app.synth().stacks;
    expect(stack?.environment.region ?? 'us-east-1').toBe('us-east-1');
    return stack?.template;
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

describe('the front (S78)', () => {
  const template = frontOf(withFront) as Template;
  const { DistributionConfig: config } = only(template, 'AWS::CloudFront::Distribution').Properties;

  it('stands before the API by its own domain, encrypted on both sides', () => {
    const [origin] = config.Origins;
    expect(origin).toMatchObject({
      DomainName: 'api.2fa.acme.example',
      CustomOriginConfig: { OriginProtocolPolicy: 'https-only' },
    });
    expect(config.Aliases).toEqual(['2fa.acme.example']);
    expect(config.DefaultCacheBehavior.ViewerProtocolPolicy).toBe('https-only');
    expect(only(template, 'AWS::Route53::RecordSet').Properties.Name).toBe('2fa.acme.example');
  });

  it('answers 429 to an address that asks too often', () => {
    const { Scope, Rules } = only(template, 'AWS::WAFv2::WebACL').Properties;
    expect(Scope).toBe('CLOUDFRONT');
    expect(Rules).toMatchObject([
      {
        Action: { Block: { CustomResponse: { ResponseCode: 429 } } },
        Statement: { RateBasedStatement: { Limit: 1000, AggregateKeyType: 'IP' } },
      },
    ]);
    expect(config.WebACLId['Fn::GetAtt'][0]).toBe(ofType(template, 'AWS::WAFv2::WebACL')[0]?.[0]);
    const strict = frontOf({ ...withFront, front: { ...withFront.front, requestsPerFiveMinutes: 100 } });
    expect(
      only(strict as Template, 'AWS::WAFv2::WebACL').Properties.Rules[0].Statement.RateBasedStatement.Limit,
    ).toBe(100);
  });

  it('keeps no answer, and passes on everything but the host, which API Gateway knows its API by', () => {
    // "Use managed cache policies" and "Use managed origin request policies" in the guide of CloudFront.
    expect(config.DefaultCacheBehavior).toMatchObject({
      CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
      OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
    });
    expect(config.DefaultCacheBehavior.AllowedMethods).toContain('DELETE');
  });

  it("tells the API whose connection it is, under a secret that only AWS's own services look up", () => {
    const { FunctionCode } = only(template, 'AWS::CloudFront::Function').Properties;
    const run = new Function('event', `${FunctionCode} return handler(event);`);
    const headers = { 'x-countersign-viewer': { value: '198.51.100.9' } };
    const seen = run({ request: { headers }, viewer: { ip: '203.0.113.5' } });
    expect(seen.headers['x-countersign-viewer']).toEqual({ value: '203.0.113.5' });
    expect(config.Origins[0].OriginCustomHeaders).toEqual([
      {
        HeaderName: 'x-countersign-front',
        HeaderValue: '{{resolve:secretsmanager:countersign-front:SecretString:::}}',
      },
    ]);
  });

  it('is there only where the stage names it', () => {
    expect(frontOf({})).toBeUndefined();
  });
});

describe('a stage with a front', () => {
  it('issues tokens in the name of the domain that browsers see, and is called by the app at its own', () => {
    const template = synthesizeTest(withFront);
    expect(template.Outputs.Issuer?.Value).toBe('https://2fa.acme.example');
    expect(template.Outputs.ApiEndpoint?.Value).toBe('https://api.2fa.acme.example');
    const verify = ofType(template, 'AWS::Lambda::Function')
      .map(([, { Properties }]) => Properties)
      .find(({ FunctionName }) => FunctionName === 'countersign-test-verify-challenge');
    expect(verify.Environment.Variables.FRONT_SECRET_SHA256).toBe(secretSha256);
  });

  it('needs a domain of its own', () => {
    expect(() => parseStage('test', { ...stageJson, front: withFront.front })).toThrow('needs a domain');
  });
});
