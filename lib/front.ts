/**
 * What may stand before the API for browsers: CloudFront under a domain of its own, with a rule of AWS WAF that stops an
 * address that asks too often before it costs a function. The app's signed calls go to the API's own domain, which their
 * signature names.
 */
import { SecretValue, Stack, Token } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Front } from './props.ts';
import { StageError } from './stage.ts';

/** `apiDomainName` is the stage's `domain`; the rest is its `front`. */
export type CountersignFrontProps = Omit<Front, 'secretSha256'> & {
  apiDomainName: string;
  secretSha256?: string;
};

/** The same hosted zone for every distribution: AWS's own, "Alias resource record sets" in the guide of CloudFormation. */
const cloudFrontZoneId = 'Z2FDTNDATAQYW2';

/** Its stack is in us-east-1: it throws elsewhere. */
export class CountersignFront extends Construct {
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, props: CountersignFrontProps) {
    super(scope, id);
    const { region } = Stack.of(this);
    if (!Token.isUnresolved(region) && region !== 'us-east-1') {
      throw new StageError(`${this.node.path}: a front belongs in us-east-1, not in ${region}.`);
    }
    this.distribution = this.#distribution(props, this.#rules(props));
    const { name, hostedZoneId } = props.domain;
    if (hostedZoneId) {
      new CfnRecordSet(this, 'Record', {
        hostedZoneId,
        name,
        type: 'A',
        aliasTarget: {
          dnsName: this.distribution.distributionDomainName,
          hostedZoneId: cloudFrontZoneId,
        },
      });
    }
  }

  /** Counts by address over five minutes, and answers 429 to the one that is over. */
  #rules({ requestsPerFiveMinutes = 1000 }: CountersignFrontProps): CfnWebACL {
    const visible = (metricName: string) => ({
      cloudWatchMetricsEnabled: true,
      sampledRequestsEnabled: false,
      metricName,
    });
    return new CfnWebACL(this, 'Rules', {
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      visibilityConfig: visible('countersign-front'),
      rules: [
        {
          name: 'rate',
          priority: 0,
          action: { block: { customResponse: { responseCode: 429 } } },
          statement: { rateBasedStatement: { limit: requestsPerFiveMinutes, aggregateKeyType: 'IP' } },
          visibilityConfig: visible('countersign-front-rate'),
        },
      ],
    });
  }

  #distribution(
    { domain, apiDomainName, secretName }: CountersignFrontProps,
    rules: CfnWebACL,
  ): Distribution {
    const distribution = new Distribution(this, 'Distribution', {
      comment: `Countersign: ${domain.name} before ${apiDomainName}`,
      domainNames: [domain.name],
      certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      webAclId: rules.attrArn,
      defaultBehavior: {
        origin: new HttpOrigin(apiDomainName, {
          protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
          // CloudFormation looks the secret up; the template holds its name. A viewer's own header of that name is overwritten.
          customHeaders: {
            'x-countersign-front': SecretValue.secretsManager(secretName).unsafeUnwrap(),
          },
        }),
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        allowedMethods: AllowedMethods.ALLOW_ALL,
        // Answers are of one person; what may be kept says so to the browser.
        cachePolicy: CachePolicy.CACHING_DISABLED,
        // API Gateway knows its API by the host.
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        functionAssociations: [{ eventType: FunctionEventType.VIEWER_REQUEST, function: this.#sayWho() }],
      },
    });
    acknowledge(distribution, 'AwsSolutions-CFR1', 'Users may be anywhere.');
    acknowledge(distribution, 'AwsSolutions-CFR3', "The API's own access log has every request.");
    return distribution;
  }

  #sayWho(): EdgeFunction {
    return new EdgeFunction(this, 'Viewer', {
      comment: 'Countersign: says whose connection it is',
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromInline(
        "function handler(event) { var request = event.request; request.headers['x-countersign-viewer'] = { value: event.viewer.ip }; return request; }",
      ),
    });
  }
}
