/** A synthesized stack, made by moto's CloudFormation, and its functions as moto then describes them. */
import { join } from 'node:path';
import { CloudFormationClient, CreateStackCommand, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { createEnvironments, type Environments } from '../../local/lambda/environments.ts';
import { type CallOptions, gatewayEvent } from './deployment.ts';
import { type Json, ofType, type Template } from './synthesized.ts';

const aws = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

/** moto makes nothing of these, and fails on references to them: `scripts/judges/create.py` has the same list. */
const unknownToMoto = /^AWS::(ApiGatewayV2|CloudWatch)::/;
/** What a reference to the API becomes: an issuer must be a URL. */
const standIn = 'https://api.example.com';

/** The template as moto can make it: without what it does not know, and with code that nobody runs in it. */
function knownToMoto(template: Template): Template {
  const gone = new Set(
    Object.entries(template.Resources)
      .filter(([, { Type }]) => unknownToMoto.test(Type))
      .map(([id]) => id),
  );
  const cut = (value: Json): Json => {
    if (Array.isArray(value)) {
      return value.map(cut);
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    return gone.has(value.Ref) || gone.has(value['Fn::GetAtt']?.[0])
      ? standIn
      : Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, cut(inner)]));
  };
  const kept = Object.entries(template.Resources).filter(([id]) => !gone.has(id));
  const resources = kept.map(([id, resource]) => {
    const { DependsOn, ...rest } = cut(resource);
    const { Code, ...properties } = rest.Properties ?? {};
    const after = [DependsOn ?? []].flat().filter((each: string) => !gone.has(each));
    return [
      id,
      {
        ...rest,
        ...(after.length > 0 && { DependsOn: after }),
        Properties: {
          ...properties,
          ...(Code && { Code: { ZipFile: 'exports.handler = async () => {};' } }),
        },
      },
    ];
  });
  return { Resources: Object.fromEntries(resources), Outputs: {} };
}

export type DeployedStack = {
  /** Invokes a function with an event of the gateway's. */
  call(
    flow: Parameters<typeof gatewayEvent>[0],
    options?: CallOptions,
  ): Promise<{ status: number; body: Json }>;
  delete(): Promise<void>;
};

/** Makes the stack in the moto that listens at `endpoint`; `assemblyDir` has the functions' code. */
export async function deployToMoto(
  endpoint: string,
  { template, assemblyDir }: { template: Template; assemblyDir: string },
): Promise<DeployedStack> {
  const client = new CloudFormationClient({ ...aws, endpoint });
  const StackName = 'somebodys-own';
  const TemplateBody = JSON.stringify(knownToMoto(template));
  await client.send(
    new CreateStackCommand({ StackName, TemplateBody, Capabilities: ['CAPABILITY_NAMED_IAM'] }),
  );
  const functions = await Promise.all(
    ofType(template, 'AWS::Lambda::Function').map(([, { Properties }]) => described(endpoint, Properties)),
  );
  const lines: string[] = [];
  const environments = createEnvironments(functions, {
    codeDirOf: ({ codeHash }) => join(assemblyDir, `asset.${codeHash}`),
    endpoints: { AWS_ENDPOINT_URL: endpoint },
    log: (_, line) => lines.push(line),
  });
  const stageOf = functions[0]?.environment.STAGE;
  return {
    call: async (flow, options = {}) => {
      const answer = await invoke(
        environments,
        `countersign-${stageOf}-${flow}`,
        gatewayEvent(flow, options),
      );
      if (answer.status >= 500) {
        throw new Error(`${flow} answers ${answer.status}:\n${lines.slice(-3).join('\n')}`);
      }
      return answer;
    },
    delete: async () => {
      await environments.close();
      await client.send(new DeleteStackCommand({ StackName }));
    },
  };
}

/** The function as moto has it: its variables are what CloudFormation made of them. */
async function described(endpoint: string, { FunctionName, Code, Handler, MemorySize }: Json) {
  const authorization = 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request';
  const url = `${endpoint}/2015-03-31/functions/${FunctionName}/configuration`;
  const { Environment } = (await (await fetch(url, { headers: { authorization } })).json()) as Json;
  return {
    name: FunctionName as string,
    handler: Handler as string,
    codeHash: Code.S3Key.replace('.zip', '') as string,
    timeoutMs: 60_000,
    memoryMb: MemorySize as number,
    environment: Environment.Variables as Record<string, string>,
    statements: [],
  };
}

async function invoke(environments: Environments, name: string, event: object) {
  const outcome = await environments.invoke(name, event);
  if ('error' in outcome) {
    throw new Error(`${name}: ${outcome.error}`);
  }
  const { statusCode, body } = outcome.result as { statusCode: number; body?: string };
  return { status: statusCode, body: body === undefined ? undefined : JSON.parse(body) };
}
