/** What a command must know of a stage: its address, table and key, from CloudFormation or from the local service. */
import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import type { KeyCustody } from '../lambdas/adapters/secret-box.ts';
import type { AwsConfig } from './target.ts';
import { CommandFailed, exitCodes } from './terminal.ts';

export type Stack = {
  apiUrl: string;
  table: string;
  vaultKeyArn: string;
  /** What the stage's wrapped keys are bound to, and how it seals secrets. */
  stage: string;
  keyCustody: KeyCustody;
  alsoOpens: KeyCustody | undefined;
  /** Names of alarms; none locally. */
  alarms: string[];
  /** The local engines; absent on AWS. */
  endpoints?: { dynamodb: string; kms: string };
};

export async function readStack(where: {
  localUrl: string | undefined;
  name: string | undefined;
  aws: AwsConfig;
}): Promise<Stack> {
  if (where.localUrl !== undefined) {
    return localStack(where.localUrl);
  }
  if (where.name === undefined) {
    throw new CommandFailed('This needs the table and its key: name the stack, --stack countersign-prod.');
  }
  return deployedStack(where.name, where.aws);
}

async function localStack(url: string): Promise<Stack> {
  const answer = await fetch(`${url}/_dev/stack`).catch(() => undefined);
  if (!answer?.ok) {
    throw new CommandFailed(
      `No local service answers on ${url}. Start it with "npm start", or name a deployed stage: --stack, --url.`,
      exitCodes.unavailable,
    );
  }
  return { ...((await answer.json()) as Omit<Stack, 'apiUrl' | 'alarms'>), apiUrl: url, alarms: [] };
}

async function deployedStack(StackName: string, aws: AwsConfig): Promise<Stack> {
  const client = new CloudFormationClient(aws);
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
  const outputs = Object.fromEntries(
    (Stacks[0]?.Outputs ?? []).map((one) => [one.OutputKey, one.OutputValue]),
  );
  const ofType = new Map<string, { logicalId: string; physicalId: string }[]>();
  for await (const page of paginateListStackResources({ client }, { StackName })) {
    for (const {
      ResourceType = '',
      LogicalResourceId = '',
      PhysicalResourceId = '',
    } of page.StackResourceSummaries ?? []) {
      const found = ofType.get(ResourceType) ?? [];
      ofType.set(ResourceType, [...found, { logicalId: LogicalResourceId, physicalId: PhysicalResourceId }]);
    }
  }
  const table = outputs.TableName ?? ofType.get('AWS::DynamoDB::Table')?.[0]?.physicalId;
  const vault = ofType
    .get('AWS::KMS::Key')
    ?.find(({ logicalId }) => logicalId.includes('VaultKey'))?.physicalId;
  if (!outputs.ApiEndpoint || !table || !vault) {
    throw new CommandFailed(
      `The stack ${StackName} is not one of Countersign: its API, table or key is not there.`,
    );
  }
  const [, partition, , region, account] = (Stacks[0]?.StackId ?? '').split(':');
  return {
    apiUrl: outputs.ApiEndpoint,
    table,
    vaultKeyArn: vault.startsWith('arn:') ? vault : `arn:${partition}:kms:${region}:${account}:key/${vault}`,
    stage: outputs.Stage ?? StackName.replace(/^countersign-/, ''),
    keyCustody: outputs.KeyCustody === 'cached' ? 'cached' : 'kms',
    alsoOpens: ['kms', 'cached'].find((custody) => custody === outputs.AlsoOpens) as KeyCustody | undefined,
    alarms: (ofType.get('AWS::CloudWatch::Alarm') ?? []).map(({ physicalId }) => physicalId),
  };
}
