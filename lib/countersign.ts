/**
 * Countersign as one construct: put it into a stack of your own, or deploy the stack that `synthesize.ts` makes.
 */
import { fileURLToPath } from 'node:url';
import { Aws, CfnOutput, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { Api } from './api.ts';
import { AttemptTrigger } from './attempt-log.ts';
import { Callers } from './callers.ts';
import { CourierTriggers } from './courier.ts';
import { Data, dueIndex, listingIndex, membersIndex } from './data.ts';
import { Functions } from './functions.ts';
import type { Resources } from './grants.ts';
import { MailFeedback } from './mail-feedback.ts';
import type { CountersignProps } from './props.ts';
import { parseProps, type Stage, StageError } from './stage.ts';
import { Watch } from './watch.ts';

export { CountersignFront, type CountersignFrontProps } from './front.ts';
export type { CountersignProps, DefaultPolicy, Front } from './props.ts';

/**
 * Two-factor authentication: an API, its functions, table, keys, mails and alarms. Throws an error that names every
 * property that is not valid.
 */
export class Countersign extends Construct {
  /** `iss` of the tokens. Its key set is at `<issuer>/.well-known/jwks.json`. */
  readonly issuer: string;
  /** Where the API answers. */
  readonly url: string;
  readonly api: HttpApi;
  /** Every user's second factor. Retained when the stack is deleted. */
  readonly table: Table;
  /** `source` of the events on the bus, for the patterns of your own rules. */
  readonly eventSource = 'countersign';
  readonly #callers: Callers;

  constructor(scope: Construct, id: string, props: CountersignProps) {
    super(scope, id);
    const { bundlesDir = fileURLToPath(new URL('lambdas', import.meta.url)), ...given } = props;
    const stage = parseProps(given, this.node.path);
    mustBeAlone(this, stage);
    const stored = new Data(this, 'Data', stage);
    const api = new Api(this, 'Api', stage);
    this.api = api.http;
    this.url = api.url;
    this.issuer = stage.issuerUrl ?? (stage.front ? `https://${stage.front.domain.name}` : api.url);
    this.table = stored.table;
    const triggers = new CourierTriggers(this, 'Courier', stored.table);
    const attempts = stage.auditSignIns
      ? new AttemptTrigger(this, 'Attempts', stored.table, stored.tableKey)
      : undefined;
    const feedback = new MailFeedback(this, 'MailFeedback');
    const functions = new Functions(this, 'Functions', {
      stage,
      bundlesDir,
      issuerUrl: this.issuer,
      tableName: stored.table.tableName,
      resources: resourcesOf(stored, stage, feedback),
      triggerStatements: {
        courier: triggers.statements,
        ...(attempts && { 'record-attempts': attempts.statements }),
      },
    }).byFlow;

    api.serve(functions);
    triggers.start(functions.courier);
    feedback.start(functions['record-bounces']);
    if (attempts && functions['record-attempts']) {
      attempts.start(functions['record-attempts']);
    }
    new Watch(this, 'Watch', {
      stage,
      http: api.http,
      functions,
      undelivered: triggers.undelivered,
      accessLogName: api.accessLogName,
      mailConfigurationSet: feedback.configurationSetName,
    });
    this.#callers = new Callers(this, 'Callers', api.http, stage);
    this.#addOutputs(stored, stage);
  }

  /** Lets `grantee`, the company's back end, call the routes that are for it, and no other. */
  grantCallAppRoutes(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: this.#callers.routeArns('app'),
    });
  }

  #addOutputs({ signingKeys }: Data, stage: Stage): void {
    const { name, callerRoleArns, operatorRoleArns, keyCustody, alsoOpens } = stage;
    const app = this.#callers.policyFor(
      ['app'],
      'CallAppRoutes',
      "For the company's back end: the routes of Countersign that only it may call",
      callerRoleArns,
    );
    // The operator's commands look users up and reset them as well, which the app routes are for.
    const operator = this.#callers.policyFor(
      ['operator', 'app'],
      'CallOperatorRoutes',
      'For the operator of Countersign: its own routes, and those of the back end',
      operatorRoleArns,
    );
    this.#output('ApiEndpoint', this.url);
    this.#output('Issuer', this.issuer);
    this.#output('JwksUrl', `${this.issuer}/.well-known/jwks.json`);
    this.#output('TableName', this.table.tableName);
    this.#output('Stage', name);
    this.#output('KeyCustody', keyCustody);
    this.#output('AlsoOpens', alsoOpens ?? 'nothing');
    this.#output('SigningKeyId', signingKeys[0].keyId);
    this.#output('CallAppRoutesPolicyArn', app.managedPolicyArn);
    this.#output('CallOperatorRoutesPolicyArn', operator.managedPolicyArn);
  }

  #output(name: string, value: string): void {
    new CfnOutput(this, name, { value });
  }
}

/** Names are by stage: two of one stage in one place would take each other's. */
function mustBeAlone(countersign: Countersign, { name }: Stage): void {
  const { environment } = Stack.of(countersign);
  const taken = countersign.node.root.node
    .findAll()
    .filter((other) => other instanceof Countersign && other !== countersign)
    .some((other) => stageOf.get(other) === name && Stack.of(other).environment === environment);
  if (taken) {
    throw new StageError(
      `${countersign.node.path}: there is a stage "${name}" in this account and region already. Give each its own \`stage\`.`,
    );
  }
  stageOf.set(countersign, name);
}

const stageOf = new WeakMap<object, string>();

function resourcesOf(stored: Data, stage: Stage, { configurationSetName }: MailFeedback): Resources {
  const ses = `arn:${Aws.PARTITION}:ses:${Aws.REGION}:${Aws.ACCOUNT_ID}`;
  const { eventBusName } = stage;
  const identity = stage.mailIdentity ?? stage.mailFrom.split('@')[1];
  return {
    tableArn: stored.table.tableArn,
    dueIndexArn: `${stored.table.tableArn}/index/${dueIndex}`,
    listingIndexArn: `${stored.table.tableArn}/index/${listingIndex}`,
    membersIndexArn: `${stored.table.tableArn}/index/${membersIndex}`,
    eventBusArn:
      eventBusName && `arn:${Aws.PARTITION}:events:${Aws.REGION}:${Aws.ACCOUNT_ID}:event-bus/${eventBusName}`,
    vaultKeyArn: stored.vaultKey.keyArn,
    custody: stage,
    signingKeyArns: [
      stored.signingKeys[0].keyArn,
      ...stored.signingKeys.slice(1).map(({ keyArn }) => keyArn),
    ],
    mailIdentityArn: `${ses}:identity/${identity}`,
    mailConfigurationSetArn: `${ses}:configuration-set/${configurationSetName}`,
    mailConfigurationSet: configurationSetName,
    mailFrom: stage.mailFrom,
    smsOriginationArn: stage.sms?.originationArn,
  };
}
