/** A synthesized CloudFormation template, resolved for the laptop: the parts of it that `npm start` runs. */

import type { TableDefinition } from '../engines/dynamodb.ts';
import { keyIdFor, type NewKey } from '../engines/kms-keys.ts';
import type { Statement } from '../engines/policy.ts';
import type { Cors, Deployment, LambdaFunction, Route, Throttle } from '../lambda/deployment.ts';
import { Intrinsics } from './intrinsics.ts';
import { type Properties, ResolvedStack } from './resolved-stack.ts';
import type { Template } from './resources.ts';
import { streamMappingsOf } from './stream-mappings.ts';

/** What does nothing on a laptop: watching, permissions between services, addresses, and triggers that have a stand-in. */
const ignored = new Set([
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::IAM::ManagedPolicy',
  'AWS::KMS::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::SES::EmailIdentity',
  'AWS::SES::ConfigurationSet',
  'AWS::SES::ConfigurationSetEventDestination',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
]);
const used = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::DynamoDB::Table',
  'AWS::Events::Rule',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::KMS::Key',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Scheduler::Schedule',
]);

/**
 * Resolves the template for an API at `apiEndpoint` (no slash at its end).
 * Throws an error that names the resource or the function of the template that this runner does not know.
 */
export function resolveTemplate(template: Template, apiEndpoint: string): Deployment {
  for (const [id, { Type }] of Object.entries(template.Resources)) {
    if (!used.has(Type) && !ignored.has(Type)) {
      throw new Error(
        `The template has ${id}, a ${Type}, which npm start does not know: see local/stack/template.ts.`,
      );
    }
  }
  const intrinsics = new Intrinsics(template.Resources, apiEndpoint);
  const stack = new ResolvedStack(template.Resources, intrinsics);
  const functions = stack
    .all('AWS::Lambda::Function')
    .map(({ id, properties }) => functionOf(stack, id, properties));
  return {
    functions,
    routes: stack.all('AWS::ApiGatewayV2::Route').map(({ properties }) => routeOf(stack, properties)),
    cors: corsOf(stack),
    tables: stack
      .all('AWS::DynamoDB::Table')
      .map(({ id, properties }) => ({ ...(properties as TableDefinition), TableName: intrinsics.ref(id) })),
    keys: stack.all('AWS::KMS::Key').map(({ id, properties }) => keyOf(id, properties)),
    scheduled: scheduledOf(stack),
    streams: streamMappingsOf(stack, functions),
  };
}

function functionOf(stack: ResolvedStack, id: string, properties: Properties): LambdaFunction {
  const role = stack.find('AWS::IAM::Role', properties.Role);
  const attached = stack
    .all('AWS::IAM::Policy')
    .filter((policy) => (policy.properties.Roles as string[]).includes(stack.ref(role.id)));
  const documents = [
    ...(role.properties.Policies ?? []).map((policy: Properties) => policy.PolicyDocument),
    ...attached.map((policy) => policy.properties.PolicyDocument),
  ];
  return {
    name: stack.ref(id),
    handler: properties.Handler,
    codeHash: String(properties.Code?.S3Key ?? '').replace(/\.zip$/, ''),
    timeoutMs: (properties.Timeout ?? 3) * 1000,
    memoryMb: properties.MemorySize ?? 128,
    environment: properties.Environment?.Variables ?? {},
    statements: documents.flatMap((document) => document.Statement as Statement[]),
  };
}

function routeOf(stack: ResolvedStack, properties: Properties): Route {
  const [method = '', path = ''] = String(properties.RouteKey).split(' ');
  if (!/^[A-Z]+$/.test(method) || !path.startsWith('/') || path.includes('+}')) {
    throw new Error(`The route "${properties.RouteKey}" is of a kind that npm start does not know.`);
  }
  const integration = stack.find(
    'AWS::ApiGatewayV2::Integration',
    String(properties.Target).split('/')[1] ?? '',
  );
  const target = stack.find('AWS::Lambda::Function', integration.properties.IntegrationUri);
  const authorization = properties.AuthorizationType ?? 'NONE';
  if (authorization !== 'NONE' && authorization !== 'AWS_IAM') {
    throw new Error(
      `The route "${properties.RouteKey}" wants ${authorization}, which npm start does not know.`,
    );
  }
  return {
    method,
    path,
    functionName: stack.ref(target.id),
    iam: authorization === 'AWS_IAM',
    throttle: throttleOf(stack, properties.RouteKey),
  };
}

/** An account's own throttle, where the stage says nothing. */
const accountThrottle: Throttle = { rate: 10_000, burst: 5000 };

function throttleOf(stack: ResolvedStack, routeKey: string): Throttle {
  const stage = stack.all('AWS::ApiGatewayV2::Stage')[0]?.properties;
  const settings = { ...stage?.DefaultRouteSettings, ...stage?.RouteSettings?.[routeKey] };
  return {
    rate: settings.ThrottlingRateLimit ?? accountThrottle.rate,
    burst: settings.ThrottlingBurstLimit ?? accountThrottle.burst,
  };
}

function corsOf(stack: ResolvedStack): Cors | undefined {
  const apis = stack.all('AWS::ApiGatewayV2::Api');
  if (apis.length !== 1) {
    throw new Error(`npm start runs one HTTP API; the template has ${apis.length}.`);
  }
  const cors = apis[0]?.properties.CorsConfiguration;
  return (
    cors && {
      origins: cors.AllowOrigins ?? [],
      methods: cors.AllowMethods ?? [],
      headers: cors.AllowHeaders ?? [],
      exposed: cors.ExposeHeaders ?? [],
      maxAgeSeconds: cors.MaxAge ?? 0,
    }
  );
}

function keyOf(
  id: string,
  { KeySpec: keySpec = 'SYMMETRIC_DEFAULT', KeyUsage: keyUsage }: Properties,
): NewKey {
  return { keyId: keyIdFor(id), keySpec, keyUsage: keyUsage ?? 'ENCRYPT_DECRYPT' };
}

function scheduledOf(stack: ResolvedStack): string[] {
  const rules = stack
    .all('AWS::Events::Rule')
    .filter(({ properties }) => properties.ScheduleExpression)
    .flatMap(({ properties }) => properties.Targets as Properties[]);
  const schedules = stack
    .all('AWS::Scheduler::Schedule')
    .map(({ properties }) => properties.Target as Properties);
  return [...rules, ...schedules].map(({ Arn }) => stack.ref(stack.find('AWS::Lambda::Function', Arn).id));
}
