/**
 * An API of yours that lets in result tokens alone: API Gateway checks signature, issuer, audience, expiry and scope, no
 * code of yours. `test/examples/api-gateway-authorizer.test.ts` synthesizes it; deployed to AWS it is unproven.
 */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';

/** `issuer`: the output `Issuer` of the Countersign stack. `audience`: as its stage names it. */
export type ReportsProps = StackProps & { issuer: string; audience: string };

export class ReportsApi extends Stack {
  constructor(scope: Construct, id: string, { issuer, audience, ...props }: ReportsProps) {
    super(scope, id, props);
    const handler = new LambdaFunction(this, 'Reports', {
      runtime: Runtime.NODEJS_22_X,
      handler: 'index.handler',
      // The claims arrive checked. `sub` and `account` say who it is; `amr` holds "mfa" where a strong factor was used.
      code: Code.fromInline(`exports.handler = async ({ requestContext }) => {
        const { sub, account, second_factor } = requestContext.authorizer.jwt.claims;
        return { user: sub, account, secondFactor: second_factor };
      };`),
    });
    const api = new HttpApi(this, 'Api');
    api.addRoutes({
      path: '/reports',
      methods: [HttpMethod.GET],
      integration: new HttpLambdaIntegration('Reports', handler),
      authorizer: new HttpJwtAuthorizer('SecondFactor', issuer, { jwtAudience: [audience] }),
      // Without a scope, the token of somebody without a second factor would do. For a step-up: ['action'].
      authorizationScopes: ['second_factor'],
    });
    new CfnOutput(this, 'Url', { value: api.apiEndpoint });
  }
}
