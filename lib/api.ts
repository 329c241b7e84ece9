/**
 * The front door: routes, authorizers, throttles, CORS and the domain, all from `routes.ts` and the stage.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  CfnApiMapping,
  CfnDomainName,
  CfnStage,
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  type HttpRoute,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import type { Flow, Route } from '../lambdas/routes.ts';
import { acknowledge } from './acknowledge.ts';
import { isSigned, methodsOf, routesOf } from './callers.ts';
import type { Stage } from './stage.ts';

/** No path and no query: paths carry user ids, and neither says more than the route does. */
const accessLog = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  routeKey: '$context.routeKey',
  status: '$context.status',
  sourceIp: '$context.identity.sourceIp',
  responseLength: '$context.responseLength',
  responseLatencyMs: '$context.responseLatency',
  integrationLatencyMs: '$context.integrationLatency',
  error: '$context.error.message',
});

/** The HTTP API. It exists before the functions, whose environment holds its address; `serve` then puts them behind it. */
export class Api extends Construct {
  readonly http: HttpApi;
  /** Where it answers: the stage's own domain, or the address that API Gateway gives. */
  readonly url: string;
  readonly accessLogName: string;
  readonly #stage: Stage;
  readonly #table: [Flow, Route][];

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    this.#stage = stage;
    this.#table = routesOf(stage);
    this.accessLogName = `/aws/vendedlogs/countersign-${stage.name}/access`;
    this.http = new HttpApi(this, 'Http', {
      apiName: `countersign-${stage.name}`,
      createDefaultStage: false,
      disableExecuteApiEndpoint: stage.disableExecuteApiEndpoint,
      ...(stage.allowedOrigins.length > 0 && { corsPreflight: this.#cors(stage) }),
    });
    this.url = stage.domain ? `https://${stage.domain.name}` : this.http.apiEndpoint;
  }

  /** Puts every flow's function behind its route. Routes of signed callers want AWS signatures; the others check their token themselves. */
  serve(functions: Readonly<Partial<Record<Flow, LambdaFunction>>>): void {
    const added = this.#table.flatMap(([flow, route]) =>
      this.http.addRoutes({
        path: route.path,
        methods: methodsOf(route).map((method) => HttpMethod[method]),
        integration: new HttpLambdaIntegration(flow, functions[flow] as LambdaFunction),
        authorizer: isSigned(route) ? new HttpIamAuthorizer() : new HttpNoneAuthorizer(),
      }),
    );
    acknowledge(
      this.http,
      'AwsSolutions-APIG4',
      "Only the app's and the operator's routes are signed; the others check the caller's own token, or are public.",
    );
    const deployment = this.#deploy(added);
    if (this.#stage.domain) {
      this.#answerAt(this.#stage.domain, deployment);
    }
  }

  #cors({ allowedOrigins, allowedHeaders }: Stage) {
    const methods = this.#table.filter(([, route]) => !isSigned(route)).map(([, { method }]) => method);
    return {
      allowOrigins: allowedOrigins,
      allowMethods: [...new Set(methods)].map((method) => CorsHttpMethod[method]),
      allowHeaders: [...new Set(['authorization', 'content-type', 'idempotency-key', ...allowedHeaders])],
      exposeHeaders: ['retry-after', 'x-request-id'],
      maxAge: Duration.hours(1),
    };
  }

  #deploy(added: HttpRoute[]): CfnStage {
    const { logRetentionDays, throttles } = this.#stage;
    const log = new LogGroup(this, 'AccessLog', {
      logGroupName: this.accessLogName,
      retention: logRetentionDays,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    const deployment = new CfnStage(this, 'Stage', {
      apiId: this.http.apiId,
      stageName: '$default',
      autoDeploy: true,
      accessLogSettings: { destinationArn: log.logGroupArn, format: accessLog },
      defaultRouteSettings: { throttlingRateLimit: 100, throttlingBurstLimit: 200 },
      routeSettings: Object.fromEntries(
        this.#table.flatMap(([flow, route]) => {
          const { rate, burst } = throttles[flow] ?? route.throttle;
          const limits = { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst };
          return methodsOf(route).map((method) => [`${method} ${route.path}`, limits]);
        }),
      ),
    });
    // A stage that throttles a route cannot be made before the route.
    deployment.node.addDependency(...added);
    return deployment;
  }

  #answerAt(
    { name, certificateArn, hostedZoneId }: NonNullable<Stage['domain']>,
    deployment: CfnStage,
  ): void {
    const domain = new CfnDomainName(this, 'Domain', {
      domainName: name,
      domainNameConfigurations: [{ certificateArn, endpointType: 'REGIONAL', securityPolicy: 'TLS_1_2' }],
    });
    const mapping = new CfnApiMapping(this, 'Mapping', {
      apiId: this.http.apiId,
      domainName: domain.ref,
      stage: deployment.ref,
    });
    // A reference to `$default` does not make CloudFormation wait.
    mapping.node.addDependency(deployment);
    if (hostedZoneId) {
      new CfnRecordSet(this, 'Record', {
        hostedZoneId,
        name,
        type: 'A',
        aliasTarget: {
          dnsName: domain.attrRegionalDomainName,
          hostedZoneId: domain.attrRegionalHostedZoneId,
        },
      });
    }
  }
}
