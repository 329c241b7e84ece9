/**
 * Who signs with AWS credentials, and what each may call: the company's app and its operator, with roles and a policy of
 * their own, so that a leaked sign-in credential rewrites and erases nothing.
 */
import { Aws, Stack } from 'aws-cdk-lib';
import type { CfnApi, HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { ManagedPolicy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type Flow, type Route, routes } from '../lambdas/routes.ts';
import { acknowledge } from './acknowledge.ts';
import { type Stage, StageError } from './stage.ts';

const signers = ['app', 'operator'] as const;
export type Signer = (typeof signers)[number];
type Called = Pick<Route, 'method' | 'path'> & { caller: string };

/** Flows that exist only where the stage says `imports`. */
const importFlows: readonly string[] = ['import-users'];

/** The routes of a stage. */
export const routesOf = ({ imports }: Pick<Stage, 'imports'>) =>
  (Object.entries(routes) as [Flow, Route][]).filter(([flow]) => imports || !importFlows.includes(flow));

/** Whether API Gateway asks for an AWS signature. */
export const isSigned = ({ caller }: { caller: string }) => signers.some((signer) => signer === caller);

/** The methods that a route answers: an HTTP API routes HEAD by itself nowhere, and monitors and caches ask for it. */
export const methodsOf = ({
  method,
  caller,
}: Pick<Route, 'method' | 'caller'>): (Route['method'] | 'HEAD')[] =>
  method === 'GET' && caller === 'public' ? ['GET', 'HEAD'] : [method];

/** What `signer` may call, as IAM writes it: `POST/v1/accounts/*`. */
export const callableBy = (signer: Signer, called: readonly Called[]) =>
  called
    .filter(({ caller }) => caller === signer)
    .map(({ method, path }) => `${method}${path.replaceAll(/\{\w+\}/g, '*')}`);

/** The policies of the two signers, and who has them. */
export class Callers extends Construct {
  readonly #http: HttpApi;
  readonly #called: readonly Route[];

  constructor(scope: Construct, id: string, http: HttpApi, stage: Stage) {
    super(scope, id);
    this.#http = http;
    this.#called = routesOf(stage).map(([, route]) => route);
    mustBeOfAccount(Stack.of(this), stage);
  }

  /** The ARNs of the routes of these signers, in IAM's words. */
  routeArns(...signers: Signer[]): string[] {
    const { PARTITION, REGION, ACCOUNT_ID } = Aws;
    const stageArn = `arn:${PARTITION}:execute-api:${REGION}:${ACCOUNT_ID}:${this.#http.apiId}/$default`;
    return this.#callable(signers).map((route) => `${stageArn}/${route}`);
  }

  /** The policy with which `roleArns` may call the routes of `signers`. */
  policyFor(signers: Signer[], id: string, description: string, roleArns: string[]): ManagedPolicy {
    const policy = new ManagedPolicy(this, id, {
      description,
      roles: roleArns.map((arn, n) => Role.fromRoleArn(this, `${id}${n}`, arn)),
      statements: [
        new PolicyStatement({ actions: ['execute-api:Invoke'], resources: this.routeArns(...signers) }),
      ],
    });
    // cdk-nag names each finding by its ARN as it reads it, with references in angle brackets.
    const apiId = Stack.of(this).getLogicalId(this.#http.node.defaultChild as CfnApi);
    for (const route of this.#callable(signers).filter((each) => each.includes('*'))) {
      acknowledge(
        policy,
        `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${apiId}>/$default/${route}]`,
        'The stars stand for the account and user ids in the path.',
      );
    }
    return policy;
  }

  #callable(signers: Signer[]): string[] {
    return signers.flatMap((signer) => callableBy(signer, this.#called));
  }
}

/** A role of another account cannot have a policy of this one: it assumes a role of this account instead. */
function mustBeOfAccount({ account }: Stack, { name, callerRoleArns, operatorRoleArns }: Stage): void {
  const foreign = [...callerRoleArns, ...operatorRoleArns].filter((arn) => arn.split(':')[4] !== account);
  if (foreign.length > 0) {
    throw new StageError(
      `Stage ${name}: these roles are not of the stack's own account. Name that account as "account" in the stage, or as env of your stack.\n${foreign.join('\n')}`,
    );
  }
}
