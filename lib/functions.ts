/**
 * One function for every flow and every background task, each with a role and a log group of its own.
 */
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { background, type Flow, type Route, routes } from '../lambdas/routes.ts';
import { type Grant, type Resources, statementsFor } from './grants.ts';
import type { Stage } from './stage.ts';

type Task = keyof typeof background;

type FunctionsProps = {
  stage: Stage;
  /** `<bundlesDir>/<flow>/index.cjs` */
  bundlesDir: string;
  issuerUrl: string;
  tableName: string;
  resources: Resources;
  /** What a background task's triggers ask of its role. */
  triggerStatements: Record<Task, PolicyStatement[]>;
};

type Shape = {
  name: Flow | Task;
  grants: readonly Grant[];
  memoryMb: number;
  timeout: Duration;
  statements: PolicyStatement[];
};

/** The functions by flow; a background task has its name in place of a flow. */
export class Functions extends Construct {
  readonly byFlow: Readonly<Record<Flow | Task, LambdaFunction>>;
  readonly #props: FunctionsProps;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    this.#props = props;
    const flows = (Object.entries(routes) as [Flow, Route][]).map(([name, route]) =>
      this.#add({
        name,
        grants: route.grants,
        memoryMb: route.memoryMb ?? 512,
        timeout: Duration.seconds(10),
        statements: [],
      }),
    );
    const tasks = (Object.keys(background) as Task[]).map((name) =>
      this.#add({
        name,
        grants: background[name].grants,
        memoryMb: 512,
        timeout: Duration.seconds(60),
        statements: props.triggerStatements[name],
      }),
    );
    this.byFlow = Object.fromEntries([...flows, ...tasks]) as Record<Flow | Task, LambdaFunction>;
  }

  #add(shape: Shape): [Flow | Task, LambdaFunction] {
    const { stage, bundlesDir } = this.#props;
    const functionName = `countersign-${stage.name}-${shape.name}`;
    const scope = new Construct(this, shape.name);
    const logGroup = new LogGroup(scope, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: stage.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const lambda = new LambdaFunction(scope, 'Function', {
      functionName,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(join(bundlesDir, shape.name)),
      memorySize: shape.memoryMb,
      timeout: shape.timeout,
      environment: this.#environment(shape.grants),
      role: this.#role(scope, shape, logGroup),
      logGroup,
    });
    return [shape.name, lambda];
  }

  #role(scope: Construct, shape: Shape, logGroup: LogGroup): Role {
    const log = new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    });
    return new Role(scope, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        grants: new PolicyDocument({
          statements: [log, ...statementsFor(shape.grants, this.#props.resources), ...shape.statements],
        }),
      },
    });
  }

  /** A function is told of a table, a key or an address only if it is granted some use of it. */
  #environment(grants: readonly Grant[]): Record<string, string> {
    const { stage, issuerUrl, tableName, resources } = this.#props;
    const uses = (...kinds: string[]) =>
      grants.some((grant) => kinds.includes(grant.split(':')[0] as string));
    return {
      PRODUCT_NAME: stage.productName,
      ISSUER_URL: issuerUrl,
      AUDIENCE: stage.audience,
      POWERTOOLS_SERVICE_NAME: 'countersign',
      POWERTOOLS_METRICS_NAMESPACE: 'Countersign',
      ...(stage.supportContact && { SUPPORT_CONTACT: stage.supportContact }),
      ...(uses('state', 'keyring', 'outbox', 'audit', 'ledger', 'directory') && { TABLE_NAME: tableName }),
      ...(uses('keyring', 'totp') && { VAULT_KEY_ARN: resources.vaultKeyArn }),
      ...(uses('token') && { SIGNING_KEY_ARNS: resources.signingKeyArns.join(',') }),
      ...(uses('mail') && {
        MAIL_FROM: stage.mailFrom,
        ...(stage.settingsUrl && { SETTINGS_URL: stage.settingsUrl }),
        MAIL_CONFIGURATION_SET: resources.mailConfigurationSet,
      }),
      ...smsEnvironment(stage, grants),
      ...(uses('outbox') && { MAILS_PER_SECOND: String(stage.mailsPerSecond) }),
      ...(uses('events') && stage.eventBusName && { EVENT_BUS_NAME: stage.eventBusName }),
    };
  }
}

/** All functions know whether the stage sends text messages; those that send them know from where and how many. */
function smsEnvironment({ sms, allowedOrigins }: Stage, grants: readonly Grant[]): Record<string, string> {
  if (!sms) return {};
  return {
    SMS_DOMAIN: sms.domain ?? new URL(allowedOrigins[0] as string).hostname,
    ...(grants.includes('sms:send') && {
      SMS_ORIGINATION_ARN: sms.originationArn,
      SMS_PER_ACCOUNT_DAY: String(sms.perAccountDay),
      ...(sms.configurationSet && { SMS_CONFIGURATION_SET: sms.configurationSet }),
      ...(sms.countries.length > 0 && { SMS_COUNTRIES: sms.countries.join(',') }),
    }),
  };
}
