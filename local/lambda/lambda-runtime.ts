/** What the Lambda runtime tells a function: its variables, and the context of an invocation. */
import { randomUUID } from 'node:crypto';
import { devNull } from 'node:os';
import { account, arnOf, region } from '../stack/place.ts';
import type { LambdaFunction } from './deployment.ts';

/** The variables that the Lambda runtime sets, and the template's. */
export function variablesOf(
  lambda: LambdaFunction,
  endpoints: Record<string, string>,
): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // The function's name is its access key id: that is how the engines know which role calls.
    AWS_ACCESS_KEY_ID: lambda.name,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_LAMBDA_FUNCTION_NAME: lambda.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(lambda.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${lambda.name}`,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    _HANDLER: lambda.handler,
    TZ: ':UTC',
    // The developer's own AWS profile must not reach a function.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    // Deployed functions run on a newer Node than a laptop may have.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...endpoints,
    ...lambda.environment,
  };
}

/** The context of one invocation; its clock is added inside the environment. */
export function contextOf(lambda: LambdaFunction): Record<string, unknown> {
  return {
    awsRequestId: randomUUID(),
    functionName: lambda.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: arnOf('lambda', `function:${lambda.name}`),
    memoryLimitInMB: String(lambda.memoryMb),
    logGroupName: `/aws/lambda/${lambda.name}`,
    logStreamName: `local/[$LATEST]${account}`,
    callbackWaitsForEmptyEventLoop: true,
  };
}
