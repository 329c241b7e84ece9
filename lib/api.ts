/**
 * The front door: routes, authorizers, throttles and CORS, all from `routes.ts`.
 */
import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  type CfnApi,
  CfnStage,
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  type HttpRoute,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { ManagedPolicy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type Flow, type Route, routes } from '../lambdas/routes.ts';
import { acknowledge } from './acknowledge.ts';
import type { Stage } from './stage.ts';

const table = Object.entries(routes) as [Flow, Route][];
const browserMethods = [
  ...new Set(table.filter(([, route]) => route.caller !== 'app').map(([, { method }]) => method)),
];

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

/** The HTTP API. It exists before the functions, which are told its address; `serve` then puts them behind it. */
export class Api extends Construct {
  readonly http: HttpApi;
  readonly #stage: Stage;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    this.#stage = stage;
    this.http = new HttpApi(this, 'Http', {
      apiName: `countersign-${stage.name}`,
      createDefaultStage: false,
      ...(stage.allowedOrigins.length > 0 && {
        corsPreflight: {
          allowOrigins: stage.allowedOrigins,
          allowMethods: browserMethods.map((method) => CorsHttpMethod[method]),
          allowHeaders: ['authorization', 'content-type', 'idempotency-key'],
          exposeHeaders: ['retry-after', 'x-request-id'],
          maxAge: Duration.hours(1),
        },
      }),
    });
  }

  /**
   * Puts every flow's function behind its route. App routes want AWS signatures; the others check their token themselves.
   * Returns the policy with which the company's back end may call the app routes.
   */
  serve(functions: Readonly<Record<Flow, LambdaFunction>>): ManagedPolicy {
    const added = table.flatMap(([flow, route]) =>
      this.http.addRoutes({
        path: route.path,
        methods: [HttpMethod[route.method]],
        integration: new HttpLambdaIntegration(flow, functions[flow]),
        authorizer: route.caller === 'app' ? new HttpIamAuthorizer() : new HttpNoneAuthorizer(),
      }),
    );
    acknowledge(
      this.http,
      'AwsSolutions-APIG4',
      "Only app routes are signed; the others check the caller's own token, or are public.",
    );
    this.#deploy(added);
    return this.#callers();
  }

  #deploy(added: HttpRoute[]): void {
    const log = new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/vendedlogs/countersign-${this.#stage.name}/access`,
      retention: this.#stage.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const deployment = new CfnStage(this, 'Stage', {
      apiId: this.http.apiId,
      stageName: '$default',
      autoDeploy: true,
      accessLogSettings: { destinationArn: log.logGroupArn, format: accessLog },
      defaultRouteSettings: { throttlingRateLimit: 100, throttlingBurstLimit: 200 },
      routeSettings: Object.fromEntries(
        table.map(([, { method, path, throttle }]) => [
          `${method} ${path}`,
          { ThrottlingRateLimit: throttle.rate, ThrottlingBurstLimit: throttle.burst },
        ]),
      ),
    });
    // A stage that throttles a route cannot be made before the route.
    deployment.node.addDependency(...added);
  }

  #callers(): ManagedPolicy {
    const { PARTITION, REGION, ACCOUNT_ID } = Aws;
    const stageArn = `arn:${PARTITION}:execute-api:${REGION}:${ACCOUNT_ID}:${this.http.apiId}/$default`;
    const appRoutes = table
      .filter(([, route]) => route.caller === 'app')
      .map(([, { method, path }]) => `${method}${path.replaceAll(/\{\w+\}/g, '*')}`);
    const policy = new ManagedPolicy(this, 'CallAppRoutes', {
      description: "For the company's back end: the routes of Countersign that only it may call",
      roles: this.#stage.callerRoleArns.map((arn, n) => Role.fromRoleArn(this, `Caller${n}`, arn)),
      statements: [
        new PolicyStatement({
          actions: ['execute-api:Invoke'],
          resources: appRoutes.map((route) => `${stageArn}/${route}`),
        }),
      ],
    });
    // cdk-nag names each finding by its ARN as it reads it, with references in angle brackets.
    const apiId = Stack.of(this).getLogicalId(this.http.node.defaultChild as CfnApi);
    for (const route of appRoutes.filter((each) => each.includes('*'))) {
      acknowledge(
        policy,
        `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${apiId}>/$default/${route}]`,
        'The stars stand for the account and user ids in the path.',
      );
    }
    return policy;
  }
}
