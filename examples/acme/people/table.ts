/** Acme's one DynamoDB table: a key for each record, and an index from an owner to what is theirs. */
import {
  CreateTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateQuery,
} from '@aws-sdk/lib-dynamodb';

/** `key` is `kind#id`, such as `person#per_1`. */
export type Entry = { key: string; owner?: string };

const ownerIndex = 'owner';

export class Table {
  readonly name: string;
  readonly #documents: DynamoDBDocumentClient;
  readonly #client = new DynamoDBClient();

  constructor(name: string) {
    this.name = name;
    this.#documents = DynamoDBDocumentClient.from(this.#client, {
      marshallOptions: { removeUndefinedValues: true },
    });
  }

  /** Makes the table unless it is there. */
  async create(): Promise<void> {
    const attribute = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
    const command = new CreateTableCommand({
      TableName: this.name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
      AttributeDefinitions: [attribute('key'), attribute('owner')],
      GlobalSecondaryIndexes: [
        {
          IndexName: ownerIndex,
          KeySchema: [
            { AttributeName: 'owner', KeyType: 'HASH' },
            { AttributeName: 'key', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    });
    await this.#client.send(command).catch((error: unknown) => {
      if (!(error instanceof ResourceInUseException)) {
        throw error;
      }
    });
    const wait = { client: this.#client, maxWaitTime: 30, minDelay: 0.05, maxDelay: 1 };
    await waitUntilTableExists(wait, { TableName: this.name });
  }

  async get<T extends Entry>(key: string): Promise<T | undefined> {
    const command = new GetCommand({ TableName: this.name, Key: { key }, ConsistentRead: true });
    return (await this.#documents.send(command)).Item as T | undefined;
  }

  async put<T extends Entry>(entry: T): Promise<void> {
    await this.#documents.send(new PutCommand({ TableName: this.name, Item: entry }));
  }

  /** Whether the entry is new and now stored; one that is there stays as it is. */
  async add<T extends Entry>(entry: T): Promise<boolean> {
    const command = new PutCommand({
      TableName: this.name,
      Item: entry,
      ConditionExpression: 'attribute_not_exists(#key)',
      ExpressionAttributeNames: { '#key': 'key' },
    });
    return this.#documents.send(command).then(() => true, unmetIsFalse);
  }

  /** Takes an entry out: the one caller who gets it may use it. */
  async take<T extends Entry>(key: string): Promise<T | undefined> {
    const command = new DeleteCommand({ TableName: this.name, Key: { key }, ReturnValues: 'ALL_OLD' });
    return (await this.#documents.send(command)).Attributes as T | undefined;
  }

  /** Everything of a kind that belongs to an owner, by key. */
  async ownedBy<T extends Entry>(owner: string, kind: string): Promise<T[]> {
    const found: T[] = [];
    const query = {
      TableName: this.name,
      IndexName: ownerIndex,
      KeyConditionExpression: '#owner = :owner AND begins_with(#key, :kind)',
      ExpressionAttributeNames: { '#owner': 'owner', '#key': 'key' },
      ExpressionAttributeValues: { ':owner': owner, ':kind': `${kind}#` },
    };
    for await (const page of paginateQuery({ client: this.#documents }, query)) {
      found.push(...((page.Items ?? []) as T[]));
    }
    return found;
  }
}

function unmetIsFalse(error: { name?: string }): false {
  if (error.name === 'ConditionalCheckFailedException') {
    return false;
  }
  throw error;
}
