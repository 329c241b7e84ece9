/** The local stage as `sam local` reads it: the synthesized template, with literal variables and code by its folder. */
import { relative } from 'node:path';
import type { Deployment } from '../lambda/deployment.ts';
import type { Template } from '../stack/resources.ts';

/** A rule that never holds: CloudFormation refuses the template before it makes anything. */
const runsOnlyLocally = {
  Assertions: [
    {
      Assert: { 'Fn::Equals': ['sam local', 'AWS'] },
      AssertDescription:
        'This template runs under sam local only: its functions check signatures by a well-known key.',
    },
  ],
};

type SamOptions = {
  /** The template resolved for where `sam local` answers. */
  deployment: Deployment;
  /** `AWS_ENDPOINT_URL_*` of the local engines, as a container reaches them. */
  endpoints: Record<string, string>;
  /** The folder that the template will be in. */
  dir: string;
  codeDirOf(functionName: string): string;
};

/**
 * The template for `sam local`. SAM resolves few references and passes only variables that the template has, so each
 * function has all of them, as literals.
 */
export function samTemplate(template: Template, options: SamOptions): Template {
  const { deployment, endpoints, dir, codeDirOf } = options;
  const functions = new Map(deployment.functions.map((each) => [each.name, each]));
  const resources = Object.entries(template.Resources).map(([id, resource]) => {
    const lambda = functions.get(String(resource.Properties?.FunctionName));
    if (resource.Type !== 'AWS::Lambda::Function' || !lambda) {
      return [id, resource];
    }
    const Properties = {
      ...resource.Properties,
      // SAM's images come for the machine's own architecture without emulation.
      Architectures: undefined,
      Code: relative(dir, codeDirOf(lambda.name)),
      Environment: { Variables: { ...lambda.environment, ...endpoints } },
    };
    return [id, { ...resource, Properties, Metadata: { SamResourceId: id } }];
  });
  return {
    ...template,
    Rules: { RunsOnlyLocally: runsOnlyLocally },
    Resources: Object.fromEntries(resources),
  } as Template;
}
