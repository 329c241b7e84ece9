/**
 * Countersign as one construct: put it into a stack of your own, or deploy the stack that `synthesize.ts` makes.
 */
import { Aws, CfnOutput } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Api } from './api.ts';
import { CourierTriggers } from './courier.ts';
import { Data, dueIndex, listingIndex, membersIndex } from './data.ts';
import { Functions } from './functions.ts';
import type { Resources } from './grants.ts';
import { MailFeedback } from './mail-feedback.ts';
import type { Stage } from './stage.ts';
import { Watch } from './watch.ts';

type CountersignProps = {
  stage: Stage;
  /** Where `buildBundles` wrote to. */
  bundlesDir: string;
};

/** Everything that one stage needs. */
export class Countersign extends Construct {
  constructor(scope: Construct, id: string, { stage, bundlesDir }: CountersignProps) {
    super(scope, id);
    const stored = new Data(this, 'Data', stage);
    const api = new Api(this, 'Api', stage);
    const issuerUrl = stage.issuerUrl ?? api.http.apiEndpoint;
    const triggers = new CourierTriggers(this, 'Courier', stored.table);
    const feedback = new MailFeedback(this, 'MailFeedback');
    const functions = new Functions(this, 'Functions', {
      stage,
      bundlesDir,
      issuerUrl,
      tableName: stored.table.tableName,
      resources: resourcesOf(stored, stage, feedback),
      triggerStatements: { courier: triggers.statements, 'record-bounces': [] },
    }).byFlow;

    const callAppRoutes = api.serve(functions);
    triggers.start(functions.courier);
    feedback.start(functions['record-bounces']);
    new Watch(this, 'Watch', { stage, http: api.http, functions, undelivered: triggers.undelivered });

    this.#output('ApiEndpoint', api.http.apiEndpoint);
    this.#output('Issuer', issuerUrl);
    this.#output('JwksUrl', `${issuerUrl}/.well-known/jwks.json`);
    this.#output('SigningKeyId', stored.signingKeys[0].keyId);
    this.#output('CallAppRoutesPolicyArn', callAppRoutes.managedPolicyArn);
  }

  #output(name: string, value: string): void {
    new CfnOutput(this, name, { value }).overrideLogicalId(name);
  }
}

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
