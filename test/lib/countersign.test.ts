/** The stack as a whole: what is kept, who may knock, what is watched. */
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it } from 'vitest';
import { background, type Route, routes } from '../../lambdas/routes.ts';
import { type Json, ofType, only, readable, synthesizeTest } from '../support/synthesized.ts';

const template = synthesizeTest({
  account: '111122223333',
  imports: true,
  signingKeys: ['2026', '2025'],
  alarmTopicArn: 'arn:aws:sns:eu-central-1:111122223333:alarms',
  callerRoleArns: ['arn:aws:iam::111122223333:role/acme-back-end'],
  operatorRoleArns: ['arn:aws:iam::111122223333:role/acme-operations'],
});
const flows = Object.entries(routes) as [string, Route][];
const keys = ofType(template, 'AWS::KMS::Key').map(([, key]) => key);

const keyDescribed = (words: string) => keys.find(({ Properties }) => Properties.Description.includes(words));
const statement = (key: (typeof keys)[number] | undefined, sid: string): Json =>
  key?.Properties.KeyPolicy.Statement.find(({ Sid }: Json) => Sid === sid);

describe('the table', () => {
  const { Properties, ...table } = only(template, 'AWS::DynamoDB::Table');

  it('has a fixed name, so that no deployment starts on an empty one beside it', () => {
    expect(Properties.TableName).toBe('countersign-test');
    const restored = synthesizeTest({ tableName: 'countersign-test-2026.11' });
    expect(only(restored, 'AWS::DynamoDB::Table').Properties.TableName).toBe('countersign-test-2026.11');
    // Under the first one's id, CloudFormation would make it anew instead of importing it.
    expect(ofType(restored, 'AWS::DynamoDB::Table')[0]?.[0]).toBe(
      'CountersignTestTablecountersigntest202611',
    );
  });

  it('outlives the stack, cannot be deleted by mistake, and can be restored to any second', () => {
    expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(Properties.DeletionProtectionEnabled).toBe(true);
    expect(Properties.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
  });

  it('is encrypted under a key of its own', () => {
    expect(Properties.SSESpecification).toMatchObject({ SSEEnabled: true, SSEType: 'KMS' });
    expect(readable(template, Properties.SSESpecification.KMSMasterKeyId)).toBe(
      '{Countersign test: the table}',
    );
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
  it('outlive the stack, unless their first deployment failed', () => {
    expect(keys).toHaveLength(4);
    for (const key of keys) {
      expect(key).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
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
      // The table's key serves the bucket of its stream as well.
      const uses = key.Properties.Description.includes('the table') ? 2 : 1;
      expect(key.Properties.KeyPolicy.Statement).toHaveLength(1 + uses);
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
    for (const [, log] of ofType(template, 'AWS::Logs::LogGroup')) {
      expect(log).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate' });
    }
    for (const { FunctionName, LoggingConfig } of functions) {
      expect(readable(template, LoggingConfig.LogGroup)).toBe(`{/aws/lambda/${FunctionName}}`);
    }
  });

  const ofState = [
    'AUDIT_CHANGE_DAYS',
    'AUDIT_SIGN_INS',
    'AUDIT_SIGN_IN_DAYS',
    'RETURN_ORIGINS',
    'TABLE_NAME',
  ];

  it.each([
    ['health', []],
    ['jwks', ['KEY_CUSTODY', 'SIGNING_KEY_ARNS', 'TABLE_NAME', 'VAULT_KEY_ARN']],
    ['sync-user', ofState],
    ['create-challenge', [...ofState, 'KEY_CUSTODY', 'SIGNING_KEY_ARNS', 'VAULT_KEY_ARN']],
    ['send-code', [...ofState, 'KEY_CUSTODY', 'MAIL_CONFIGURATION_SET', 'MAIL_FROM', 'VAULT_KEY_ARN']],
    ['courier', [...ofState, 'MAILS_PER_SECOND', 'MAIL_CONFIGURATION_SET', 'MAIL_FROM']],
    ['record-bounces', ofState],
  ])('is told only of what it may use: %s', (flow, names) => {
    const inAll = [
      'AUDIENCE',
      'ISSUER_URL',
      'POWERTOOLS_METRICS_NAMESPACE',
      'POWERTOOLS_SERVICE_NAME',
      'PRODUCT_NAME',
      'STAGE',
    ];
    expect(Object.keys(functionOf(flow).Environment.Variables).sort()).toEqual([...inAll, ...names].sort());
  });

  it('is told what the stage says', () => {
    const said = synthesizeTest({
      defaultPolicy: { mode: 'required', methods: ['totp'] },
      auditSignIns: false,
      auditDays: { signIns: 30 },
      keyCustody: 'cached',
      alsoOpens: 'kms',
      returnOrigins: ['https://www.acme.example'],
      passkeys: { rpId: 'acme.example', origins: ['https://app.acme.example', 'https://www.acme.example'] },
      domain: {
        name: '2fa.acme.example',
        certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1',
      },
    });
    const start = ofType(said, 'AWS::Lambda::Function').find(
      ([, each]) => each.Properties.FunctionName === 'countersign-test-create-challenge',
    );
    expect(start?.[1].Properties.Environment.Variables).toMatchObject({
      STAGE: 'test',
      ISSUER_URL: 'https://2fa.acme.example',
      DEFAULT_POLICY: '{"mode":"required","methods":["totp"]}',
      AUDIT_SIGN_INS: 'false',
      AUDIT_SIGN_IN_DAYS: '30',
      AUDIT_CHANGE_DAYS: '400',
      KEY_CUSTODY: 'cached',
      ALSO_OPENS: 'kms',
      RETURN_ORIGINS: 'https://www.acme.example',
      PASSKEY_RP_ID: 'acme.example',
      // The hosted prompt's own origin is one of them.
      PASSKEY_ORIGINS: 'https://app.acme.example,https://www.acme.example,https://2fa.acme.example',
    });
  });

  it('that signs is told the signing key first', () => {
    expect(readable(template, functionOf('create-challenge').Environment.Variables.SIGNING_KEY_ARNS)).toBe(
      '{Countersign test: signs tokens (2026)},{Countersign test: signs tokens (2025)}',
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

  const publicGets = flows.filter(([, { method, caller }]) => method === 'GET' && caller === 'public');

  it('has the routes of the table, HEAD beside GET on public ones, and no other', () => {
    const keys = ofType(template, 'AWS::ApiGatewayV2::Route').map(
      ([, { Properties }]) => Properties.RouteKey,
    );
    const wanted = [
      ...flows.map(([, { method, path }]) => `${method} ${path}`),
      ...publicGets.map(([, { path }]) => `HEAD ${path}`),
    ];
    expect(keys.toSorted()).toEqual(wanted.toSorted());
    expect(publicGets.length).toBeGreaterThan(3);
  });

  it('throttles HEAD as it does GET', () => {
    for (const [, { path }] of publicGets) {
      const settings = stage.Properties.RouteSettings;
      expect(settings[`HEAD ${path}`]).toEqual(settings[`GET ${path}`]);
    }
  });

  it.each(flows)('leads %s to its own function', (flow, route) => {
    const integrationId: string = routeOf(route)?.[1].Properties.Target['Fn::Join'][1][1].Ref;
    const uri = template.Resources[integrationId]?.Properties.IntegrationUri;
    expect(readable(template, uri)).toBe(`{countersign-test-${flow}}`);
  });

  it("wants an AWS signature on the app's and the operator's routes, and on no other", () => {
    const signed = flows.filter(
      ([, route]) => routeOf(route)?.[1].Properties.AuthorizationType === 'AWS_IAM',
    );
    expect(signed.map(([flow]) => flow)).toEqual([
      'create-challenge',
      'fetch-result',
      'mint-user-token',
      'sync-user',
      'delete-user',
      'password-changed',
      'sync-users',
      'import-users',
      'set-account',
      'get-user',
      'delete-account',
      'account-policy',
      'set-policy',
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

  it('has no address but its own domain where the stage says so', () => {
    const own = synthesizeTest({
      domain: {
        name: '2fa.acme.example',
        certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1',
        hostedZoneId: 'Z123',
      },
      disableExecuteApiEndpoint: true,
      allowedHeaders: ['traceparent'],
    });
    expect(own.Outputs.ApiEndpoint?.Value).toBe('https://2fa.acme.example');
    expect(own.Outputs.JwksUrl?.Value).toBe('https://2fa.acme.example/.well-known/jwks.json');
    const { Properties } = only(own, 'AWS::ApiGatewayV2::Api');
    expect(Properties.DisableExecuteApiEndpoint).toBe(true);
    expect(Properties.CorsConfiguration.AllowHeaders).toEqual([
      'authorization',
      'content-type',
      'idempotency-key',
      'traceparent',
    ]);
    const [[domainId, domain] = []] = ofType(own, 'AWS::ApiGatewayV2::DomainName');
    expect(domain?.Properties.DomainNameConfigurations).toEqual([
      expect.objectContaining({ EndpointType: 'REGIONAL', SecurityPolicy: 'TLS_1_2' }),
    ]);
    const [stageId] = ofType(own, 'AWS::ApiGatewayV2::Stage').map(([id]) => id);
    const mapping = only(own, 'AWS::ApiGatewayV2::ApiMapping');
    expect(mapping.Properties).toMatchObject({ DomainName: { Ref: domainId }, Stage: { Ref: stageId } });
    expect(mapping.DependsOn).toContain(stageId);
    expect(only(own, 'AWS::Route53::RecordSet').Properties).toMatchObject({
      HostedZoneId: 'Z123',
      Name: '2fa.acme.example',
      AliasTarget: { DNSName: { 'Fn::GetAtt': [domainId, 'RegionalDomainName'] } },
    });
  });

  it('throttles a route as the stage says, where it says so', () => {
    const own = synthesizeTest({ throttles: { 'create-challenge': { rate: 900, burst: 1800 } } });
    expect(only(own, 'AWS::ApiGatewayV2::Stage').Properties.RouteSettings['POST /v1/challenges']).toEqual({
      ThrottlingRateLimit: 900,
      ThrottlingBurstLimit: 1800,
    });
  });

  it("lets the company's back end call exactly the app routes", () => {
    const [[, { Properties }] = [], [, operator] = []] = ofType(
      template,
      'AWS::IAM::ManagedPolicy',
    ) as Json[];
    const [{ Action, Resource, ...rest }] = Properties.PolicyDocument.Statement;
    const stageArn =
      'arn:{AWS::Partition}:execute-api:{AWS::Region}:{AWS::AccountId}:{AWS::ApiGatewayV2::Api}/$default';
    expect([Action, rest]).toEqual(['execute-api:Invoke', { Effect: 'Allow' }]);
    const pathsOf = (arns: Json[]) => arns.map((arn) => readable(template, arn).replace(stageArn, '')).sort();
    const ofApp = [
      '/DELETE/v1/accounts/*/users/*',
      '/GET/v1/accounts/*/users/*',
      '/POST/v1/accounts/*/users/*/password-changed',
      '/POST/v1/challenges',
      '/POST/v1/challenges/result',
      '/POST/v1/user-tokens',
      '/PUT/v1/accounts/*/users',
      '/PUT/v1/accounts/*/users/*',
    ];
    expect(pathsOf(Resource)).toEqual(ofApp);
    expect(Properties.Roles).toEqual(['acme-back-end']);
    // The operator's own commands call them too.
    expect(operator.Properties.Roles).toEqual(['acme-operations']);
    expect(operator.Properties.PolicyDocument.Statement[0].Resource).toEqual(
      expect.arrayContaining(Resource),
    );
  });
});

describe('the courier', () => {
  it('is started by items with pending notices, and what it fails on is set aside', () => {
    const Properties = mappingOf('courier');
    expect(JSON.parse(Properties.FilterCriteria.Filters[0].Pattern)).toEqual({
      dynamodb: { NewImage: { dueAtMs: { N: [{ exists: true }] } } },
    });
    expect(readable(template, Properties.FunctionName)).toBe('{countersign-test-courier}');
    expect(Properties).toMatchObject({ BisectBatchOnFunctionError: true, MaximumRetryAttempts: 3 });
    expect(readable(template, Properties.DestinationConfig.OnFailure.Destination)).toBe('{AWS::SQS::Queue}');
  });

  it('R93 is not the one who records attempts: what fails there is kept whole, and holds nobody else up', () => {
    const Properties = mappingOf('record-attempts');
    expect(Properties).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 8,
      MaximumRecordAgeInSeconds: 21_600,
    });
    expect(readable(template, Properties.DestinationConfig.OnFailure.Destination)).toBe('{AWS::S3::Bucket}');
    for (const { Pattern } of Properties.FilterCriteria.Filters) {
      expect(Object.keys(JSON.parse(Pattern))).toEqual(['dynamodb']);
    }
    expect(only(template, 'AWS::S3::Bucket').Properties).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
      },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 14 }] },
    });
  });

  it('sweeps every minute', () => {
    const { Properties } = only(template, 'AWS::Events::Rule');
    expect(Properties).toMatchObject({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' });
    expect(readable(template, Properties.Targets[0].Arn)).toBe('{countersign-test-courier}');
  });
});

/** What of the table's stream starts a function. */
function mappingOf(flow: string): Json {
  const mappings = ofType(template, 'AWS::Lambda::EventSourceMapping').map(
    ([, { Properties }]) => Properties,
  );
  return mappings.find(
    ({ FunctionName }) => readable(template, FunctionName) === `{countersign-test-${flow}}`,
  );
}

describe('the stack', () => {
  it('tells where the API is and which key signs', () => {
    expect(Object.keys(template.Outputs).sort()).toEqual([
      'AlsoOpens',
      'ApiEndpoint',
      'CallAppRoutesPolicyArn',
      'CallOperatorRoutesPolicyArn',
      'Issuer',
      'JwksUrl',
      'KeyCustody',
      'SigningKeyId',
      'Stage',
      'TableName',
    ]);
    expect(readable(template, template.Outputs.SigningKeyId?.Value)).toBe(
      '{Countersign test: signs tokens (2026)}',
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
