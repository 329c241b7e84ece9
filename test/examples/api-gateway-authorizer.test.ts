import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { ReportsApi } from '../../examples/api-gateway-authorizer.ts';

it('every route needs a token of this issuer and audience that says a second factor was used', () => {
  const issuer = 'https://2fa.acme.example';
  const stack = new ReportsApi(new App({ analyticsReporting: false }), 'Reports', {
    issuer,
    audience: 'acme',
  });
  const template = Template.fromStack(stack);
  const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));
  expect(routes.map(({ Properties }) => Properties)).toEqual([
    expect.objectContaining({
      RouteKey: 'GET /reports',
      AuthorizationType: 'JWT',
      AuthorizationScopes: ['second_factor'],
    }),
  ]);
  template.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
    JwtConfiguration: { Issuer: issuer, Audience: ['acme'] },
    IdentitySource: ['$request.header.Authorization'],
  });
}, 120_000);
