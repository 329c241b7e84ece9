/** What the operator's command reads of a deployed stack, against moto's CloudFormation (`npm run test:moto`). */
import { CloudFormationClient, CreateStackCommand, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStack } from '../../operator/stack.ts';
import { given } from '../support/engines.ts';

const aws = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const read = (name: string | undefined) => readStack({ localUrl: undefined, name, aws });

const table = {
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  },
};
const key = (Description: string) => ({
  Type: 'AWS::KMS::Key',
  Properties: { Description, KeyPolicy: { Version: '2012-10-17', Statement: [] } },
});

describe.skipIf(process.env.CONTRACT_ENGINE !== 'moto')('a deployed stack', () => {
  let client: CloudFormationClient;

  async function create(StackName: string, template: object): Promise<void> {
    await client.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }));
  }

  beforeAll(async () => {
    process.env.AWS_ENDPOINT_URL_CLOUDFORMATION = given.dynamodb;
    client = new CloudFormationClient(aws);
    await create('countersign-contract', {
      Resources: {
        CountersignDataTableKey1: key('the table'),
        CountersignDataVaultKey2: key('secrets'),
        CountersignDataTable3: table,
      },
      Outputs: { ApiEndpoint: { Value: 'https://api.example.com' } },
    });
    await create('something-else', { Resources: { Table: table } });
  });
  afterAll(async () => {
    for (const StackName of ['countersign-contract', 'something-else']) {
      await client.send(new DeleteStackCommand({ StackName }));
    }
    delete process.env.AWS_ENDPOINT_URL_CLOUDFORMATION;
  });

  it('says its address, its table, and which of its keys opens secrets', async () => {
    const stack = await read('countersign-contract');
    expect(stack).toMatchObject({ apiUrl: 'https://api.example.com', alarms: [] });
    expect(stack.table).toContain('CountersignDataTable3');
    expect(stack.vaultKeyArn).toMatch(/^arn:aws:kms:us-east-1:\d+:key\/[0-9a-f-]+$/);
  });

  it('of something else is refused, and so is none', async () => {
    await expect(read('something-else')).rejects.toThrow('not one of Countersign');
    await expect(read('not-there')).rejects.toThrow();
    await expect(read(undefined)).rejects.toThrow('--stack');
  });
});
