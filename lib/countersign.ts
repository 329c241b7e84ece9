/**
 * Countersign as one construct: put it into a stack of your own, or deploy the stack that `synthesize.ts` makes.
 */
import { Aws, CfnOutput } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Api } from './api.ts';
import { CourierTriggers } from './courier.ts';
import { Data, dueIndex, listingIndex } from './data.ts';
import { Functions } from './functions.ts';
import type { Resources } from './grants.ts';
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
    const functions = new Functions(this, 'Functions', {
      stage,
      bundlesDir,
      issuerUrl,
      tableName: stored.table.tableName,
      resources: resourcesOf(stored, stage),
      triggerStatements: { courier: triggers.statements },
    }).byFlow;

    const callAppRoutes = api.serve(functions);
    triggers.start(functions.courier);
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

function resourcesOf(stored: Data, stage: Stage): Resources {
  const identity = stage.mailIdentity ?? stage.mailFrom.split('@')[1];
  return {
    tableArn: stored.table.tableArn,
    dueIndexArn: `${stored.table.tableArn}/index/${dueIndex}`,
    listingIndexArn: `${stored.table.tableArn}/index/${listingIndex}`,
    vaultKeyArn: stored.vaultKey.keyArn,
    signingKeyArns: [
      stored.signingKeys[0].keyArn,
      ...stored.signingKeys.slice(1).map(({ keyArn }) => keyArn),
    ],
    mailIdentityArn: `arn:${Aws.PARTITION}:ses:${Aws.REGION}:${Aws.ACCOUNT_ID}:identity/${identity}`,
    mailFrom: stage.mailFrom,
  };
}
