/** The stack as a whole: what is kept, who may knock, what is watched. */
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { background, type Route, routes } from '../../lambdas/routes.ts';
import { type Json, ofType, only, readable, synthesizeTest } from '../support/synthesized.ts';

const template = synthesizeTest({
  signingKeys: ['2026', '2025'],
  alarmTopicArn: 'arn:aws:sns:eu-central-1:111122223333:alarms',
  callerRoleArns: ['arn:aws:iam::111122223333:role/acme-back-end'],
});
const flows = Object.entries(routes) as [string, Route][];
const keys = ofType(template, 'AWS::KMS::Key').map(([, key]) => key);

const keyDescribed = (words: string) => keys.find(({ Properties }) => Properties.Description.includes(words));
const statement = (key: (typeof keys)[number] | undefined, sid: string): Json =>
  key?.Properties.KeyPolicy.Statement.find(({ Sid }: Json) => Sid === sid);

describe('the table', () => {
  const { Properties, ...table } = only(template, 'AWS::DynamoDB::Table');

  it('outlives the stack, cannot be deleted by mistake, and can be restored to any second', () => {
    expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(Properties.DeletionProtectionEnabled).toBe(true);
    expect(Properties.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
  });

  it('is encrypted under a key of its own', () => {
    expect(Properties.SSESpecification).toMatchObject({ SSEEnabled: true, SSEType: 'KMS' });
    expect(readable(template, Properties.SSESpecification.KMSMasterKeyId)).toBe('{Countersign: the table}');
  });

  it('has the keys, the indexes, the stream and the expiry that the store relies on', () => {
    expect(Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'due',
          KeySchema: [
            { AttributeName: 'duePartition', KeyType: 'HASH' },
            { AttributeName: 'dueAtMs', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
        {
          IndexName: 'listing',
          KeySchema: [
            { AttributeName: 'listPartition', KeyType: 'HASH' },
            { AttributeName: 'listKey', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
        {
          IndexName: 'members',
          KeySchema: [
            { AttributeName: 'listPartition', KeyType: 'HASH' },
            { AttributeName: 'pk', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      TimeToLiveSpecification: { AttributeName: 'expiresAtSeconds', Enabled: true },
    });
  });
});

describe('the keys', () => {
  it('outlive the stack', () => {
    expect(keys).toHaveLength(4);
    for (const key of keys) {
      expect(key).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });

  it('that encrypt rotate by themselves', () => {
    const encrypting = keys.filter(({ Properties }) => Properties.KeyUsage !== 'SIGN_VERIFY');
    expect(encrypting).toHaveLength(2);
    for (const { Properties } of encrypting) {
      expect(Properties.EnableKeyRotation).toBe(true);
    }
  });

  it('that sign are RSA, which the authorizers of API Gateway can verify, and sign by one algorithm only', () => {
    for (const name of ['2026', '2025']) {
      const key = keyDescribed(`signs tokens (${name})`);
      expect(key?.Properties).toMatchObject({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
      expect(statement(key, 'SignTokens')).toMatchObject({
        Action: 'kms:Sign',
        Condition: { StringEquals: { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256' } },
      });
    }
  });

  it("of the table serves this account's principals through DynamoDB only", () => {
    const { Condition } = statement(keyDescribed('the table'), 'ThroughDynamoDB');
    expect(readable(template, Condition.StringEquals['kms:CallerAccount'])).toBe('{AWS::AccountId}');
    expect(readable(template, Condition.StringEquals['kms:ViaService'])).toBe(
      'dynamodb.{AWS::Region}.{AWS::URLSuffix}',
    );
  });

  it('of the vault opens nothing without a stated purpose', () => {
    expect(statement(keyDescribed('secrets'), 'ForItsPurposes').Condition).toEqual({
      StringEquals: { 'kms:EncryptionContext:purpose': ['keyring', 'totp'] },
    });
  });

  it('may be administered by the account, not used', () => {
    for (const key of keys) {
      expect(key.Properties.KeyPolicy.Statement).toHaveLength(2);
      const actions: string[] = statement(key, 'Administration').Action;
      expect(
        actions.filter((action) => /\*|Encrypt|Decrypt|Sign|GenerateData|CreateGrant/.test(action)),
      ).toEqual([]);
    }
  });
});

describe('each function', () => {
  const functions = ofType(template, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties);
  const functionOf = (flow: string) =>
    functions.find(({ FunctionName }) => FunctionName === `countersign-test-${flow}`);

  it('is there once, on ARM and Node 24', () => {
    expect(functions).toHaveLength(flows.length + Object.keys(background).length);
    for (const each of functions) {
      expect(each).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
      });
    }
  });

  it('has the memory of its route and ten seconds; the courier has a minute', () => {
    for (const [flow, { memoryMb }] of flows) {
      expect(functionOf(flow)).toMatchObject({ MemorySize: memoryMb ?? 512, Timeout: 10 });
    }
    expect(functionOf('courier')).toMatchObject({ MemorySize: 512, Timeout: 60 });
  });

  it('writes to a log of its own that ends', () => {
    const logs = ofType(template, 'AWS::Logs::LogGroup').map(([, { Properties }]) => Properties);
    expect(logs).toHaveLength(functions.length + 1);
    for (const { RetentionInDays } of logs) {
      expect(RetentionInDays).toBe(30);
    }
    for (const { FunctionName, LoggingConfig } of functions) {
      expect(readable(template, LoggingConfig.LogGroup)).toBe(`{/aws/lambda/${FunctionName}}`);
    }
  });

  it.each([
    ['health', []],
    ['jwks', ['SIGNING_KEY_ARNS']],
    ['sync-user', ['TABLE_NAME']],
    ['create-challenge', ['SIGNING_KEY_ARNS', 'TABLE_NAME', 'VAULT_KEY_ARN']],
    ['send-code', ['MAIL_CONFIGURATION_SET', 'MAIL_FROM', 'TABLE_NAME', 'VAULT_KEY_ARN']],
    ['courier', ['MAILS_PER_SECOND', 'MAIL_CONFIGURATION_SET', 'MAIL_FROM', 'TABLE_NAME']],
    ['record-bounces', ['TABLE_NAME']],
  ])('is told only of what it may use: %s', (flow, names) => {
    const inAll = [
      'AUDIENCE',
      'ISSUER_URL',
      'POWERTOOLS_METRICS_NAMESPACE',
      'POWERTOOLS_SERVICE_NAME',
      'PRODUCT_NAME',
    ];
    expect(Object.keys(functionOf(flow).Environment.Variables).sort()).toEqual([...inAll, ...names].sort());
  });

  it('that signs is told the signing key first', () => {
    expect(readable(template, functionOf('create-challenge').Environment.Variables.SIGNING_KEY_ARNS)).toBe(
      '{Countersign: signs tokens (2026)},{Countersign: signs tokens (2025)}',
    );
  });
});

describe('the API', () => {
  const { Properties: api } = only(template, 'AWS::ApiGatewayV2::Api');
  const stage = only(template, 'AWS::ApiGatewayV2::Stage');
  const routeOf = ({ method, path }: Route) =>
    ofType(template, 'AWS::ApiGatewayV2::Route').find(
      ([, { Properties }]) => Properties.RouteKey === `${method} ${path}`,
    );

  it('has the routes of the table and no other', () => {
    expect(ofType(template, 'AWS::ApiGatewayV2::Route')).toHaveLength(flows.length);
  });

  it.each(flows)('leads %s to its own function', (flow, route) => {
    const integrationId: string = routeOf(route)?.[1].Properties.Target['Fn::Join'][1][1].Ref;
    const uri = template.Resources[integrationId]?.Properties.IntegrationUri;
    expect(readable(template, uri)).toBe(`{countersign-test-${flow}}`);
  });

  it('wants an AWS signature on the app routes, and on no other', () => {
    const signed = flows.filter(
      ([, route]) => routeOf(route)?.[1].Properties.AuthorizationType === 'AWS_IAM',
    );
    expect(signed.map(([flow]) => flow)).toEqual([
      'create-challenge',
      'mint-user-token',
      'sync-user',
      'delete-user',
      'password-changed',
      'sync-users',
      'set-account',
    ]);
  });

  it('throttles every route as the table says, once the route is there', () => {
    for (const [, route] of flows) {
      expect(stage.Properties.RouteSettings[`${route.method} ${route.path}`]).toEqual({
        ThrottlingRateLimit: route.throttle.rate,
        ThrottlingBurstLimit: route.throttle.burst,
      });
      expect(stage.DependsOn).toContain(routeOf(route)?.[0]);
    }
  });

  it('answers browsers of the configured origins only, without cookies', () => {
    expect(api.CorsConfiguration).toMatchObject({ AllowOrigins: ['https://app.acme.example'] });
    expect(api.CorsConfiguration.AllowCredentials).toBeUndefined();
    expect(JSON.stringify(api.CorsConfiguration)).not.toContain('*');
  });

  it('logs neither paths, which carry user ids, nor queries, headers or bodies', () => {
    const fields = Object.values(JSON.parse(stage.Properties.AccessLogSettings.Format));
    expect(fields).toContain('$context.routeKey');
    expect(fields.filter((field) => /path|query|header|body|authorizer/i.test(field as string))).toEqual([]);
  });

  it("lets the company's back end call exactly the app routes", () => {
    const { Properties } = only(template, 'AWS::IAM::ManagedPolicy');
    const [{ Action, Resource, ...rest }] = Properties.PolicyDocument.Statement;
    const stageArn =
      'arn:{AWS::Partition}:execute-api:{AWS::Region}:{AWS::AccountId}:{AWS::ApiGatewayV2::Api}/$default';
    expect([Action, rest]).toEqual(['execute-api:Invoke', { Effect: 'Allow' }]);
    expect(Resource.map((arn: Json) => readable(template, arn).replace(stageArn, '')).sort()).toEqual([
      '/DELETE/v1/accounts/*/users/*',
      '/POST/v1/accounts/*/users/*/password-changed',
      '/POST/v1/challenges',
      '/POST/v1/user-tokens',
      '/PUT/v1/accounts/*/settings',
      '/PUT/v1/accounts/*/users',
      '/PUT/v1/accounts/*/users/*',
    ]);
    expect(Properties.Roles).toEqual(['acme-back-end']);
  });
});

describe('the courier', () => {
  it('is started by items with pending notices, and what it fails on is set aside', () => {
    const { Properties } = only(template, 'AWS::Lambda::EventSourceMapping');
    expect(JSON.parse(Properties.FilterCriteria.Filters[0].Pattern)).toEqual({
      eventName: ['INSERT', 'MODIFY'],
      dynamodb: { NewImage: { dueAtMs: { N: [{ exists: true }] } } },
    });
    expect(readable(template, Properties.FunctionName)).toBe('{countersign-test-courier}');
    expect(Properties).toMatchObject({ BisectBatchOnFunctionError: true, MaximumRetryAttempts: 3 });
    expect(readable(template, Properties.DestinationConfig.OnFailure.Destination)).toBe('{AWS::SQS::Queue}');
  });

  it('sweeps every minute', () => {
    const { Properties } = only(template, 'AWS::Events::Rule');
    expect(Properties).toMatchObject({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' });
    expect(readable(template, Properties.Targets[0].Arn)).toBe('{countersign-test-courier}');
  });
});

describe('the alarms', () => {
  const alarms = ofType(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
  const watched = alarms.map(({ Namespace, MetricName }) => `${Namespace} ${MetricName}`);

  it('watch the API, every function, the courier and the secrets', () => {
    const functions = ofType(template, 'AWS::Lambda::Function');
    expect(watched.filter((name) => name === 'AWS/Lambda Errors')).toHaveLength(functions.length);
    expect([...new Set(watched)].sort()).toEqual([
      'AWS/ApiGateway 5xx',
      'AWS/Lambda Errors',
      'AWS/Lambda IteratorAge',
      'AWS/Lambda Throttles',
      'AWS/SQS ApproximateNumberOfMessagesVisible',
      'Countersign IntegrityFailure',
      'Countersign NoticeSetAside',
      'Countersign SmsBreaker',
      'Countersign/test FailedDelivery',
    ]);
  });

  it("count a notice that could not be delivered by the courier's own log", () => {
    const { Properties } = only(template, 'AWS::Logs::MetricFilter');
    expect(Properties.FilterPattern).toBe('{ $.message = "failure" }');
    expect(readable(template, Properties.LogGroupName)).toBe('{/aws/lambda/countersign-test-courier}');
  });

  it('go to the configured topic', () => {
    for (const { AlarmActions } of alarms) {
      expect(AlarmActions).toEqual(['arn:aws:sns:eu-central-1:111122223333:alarms']);
    }
  });
});

describe('the stack', () => {
  it('tells where the API is and which key signs', () => {
    expect(Object.keys(template.Outputs).sort()).toEqual([
      'ApiEndpoint',
      'CallAppRoutesPolicyArn',
      'Issuer',
      'JwksUrl',
      'SigningKeyId',
    ]);
    expect(readable(template, template.Outputs.SigningKeyId?.Value)).toBe(
      '{Countersign: signs tokens (2026)}',
    );
  });

  it('issues tokens in the name of its own domain when it has one', () => {
    const own = synthesizeTest({ issuerUrl: 'https://2fa.acme.example' });
    expect(own.Outputs.JwksUrl?.Value).toBe('https://2fa.acme.example/.well-known/jwks.json');
    for (const [, { Properties }] of ofType(own, 'AWS::Lambda::Function')) {
      expect(Properties.Environment.Variables.ISSUER_URL).toBe('https://2fa.acme.example');
    }
  });

  it('is not made when cdk-nag finds something', () => {
    expect(() => synthesizeTest({}, (stack) => new Queue(stack, 'Open'))).toThrow('AwsSolutions-SQS4');
  });
});
