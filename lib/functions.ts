/**
 * One function for every flow and every background task, each with a role and a log group of its own.
 */
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { background, type Flow } from '../lambdas/routes.ts';
import { routesOf } from './callers.ts';
import { environmentOf } from './environment.ts';
import { type Grant, type Resources, statementsFor } from './grants.ts';
import { reservedFor } from './room.ts';
import type { Stage } from './stage.ts';

type Task = keyof typeof background;

/** The background tasks of a stage: attempts are put on record only where the stage says so. */
const tasksOf = ({ auditSignIns }: Pick<Stage, 'auditSignIns'>): Task[] =>
  (Object.keys(background) as Task[]).filter((name) => auditSignIns || name !== 'record-attempts');

type FunctionsProps = {
  stage: Stage;
  /** `<bundlesDir>/<flow>/index.cjs` */
  bundlesDir: string;
  issuerUrl: string;
  tableName: string;
  resources: Resources;
  /** What a background task's triggers ask of its role. */
  triggerStatements: Partial<Record<Task, PolicyStatement[]>>;
};

type Shape = {
  name: Flow | Task;
  grants: readonly Grant[];
  memoryMb: number;
  timeout: Duration;
  statements: PolicyStatement[];
};

type ByFlow = Record<Exclude<Flow | Task, 'record-attempts'>, LambdaFunction> & {
  /** Only where the stage keeps a record of attempts. */
  'record-attempts'?: LambdaFunction;
};

/** The functions by flow; a background task has its name in place of a flow. */
export class Functions extends Construct {
  readonly byFlow: Readonly<ByFlow>;
  readonly #props: FunctionsProps;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    this.#props = props;
    const flows = routesOf(props.stage).map(([name, route]) =>
      this.#add({
        name,
        grants: route.grants,
        memoryMb: route.memoryMb ?? 512,
        timeout: Duration.seconds(10),
        statements: [],
      }),
    );
    const tasks = tasksOf(props.stage).map((name) =>
      this.#add({
        name,
        grants: background[name].grants,
        memoryMb: 512,
        timeout: Duration.seconds(60),
        statements: props.triggerStatements[name] ?? [],
      }),
    );
    this.byFlow = Object.fromEntries([...flows, ...tasks]) as ByFlow;
  }

  #add(shape: Shape): [Flow | Task, LambdaFunction] {
    const { stage, bundlesDir } = this.#props;
    const functionName = `countersign-${stage.name}-${shape.name}`;
    const scope = new Construct(this, shape.name);
    const reserved = reservedFor(shape.name, stage.accountConcurrency);
    const logGroup = new LogGroup(scope, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: stage.logRetentionDays,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    const lambda = new LambdaFunction(scope, 'Function', {
      functionName,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(join(bundlesDir, shape.name)),
      memorySize: shape.memoryMb,
      timeout: shape.timeout,
      environment: environmentOf(shape.grants, this.#props),
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      role: this.#role(scope, shape, logGroup),
      logGroup,
    });
    // The reference to the role says it already, and the role's policies are in the role.
    (lambda.node.defaultChild as CfnFunction).addDeletionOverride('DependsOn');
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
}
