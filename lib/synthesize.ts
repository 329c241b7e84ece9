/**
 * From a stage's name to its CloudFormation template, in process: no CLI, no credentials, no network.
 */
import { readFileSync } from 'node:fs';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Countersign } from './countersign.ts';
import { CountersignFront } from './front.ts';
import { type parseStage, readStage } from './stage.ts';

/** Adds the stack `countersign-<stage>` to an app. Its outputs have their plain names: the stack holds nothing else. */
export function addStack(app: App, stage: ReturnType<typeof parseStage>, bundlesDir: string): Stack {
  const { name, region, account, mailsDir: _, ...props } = stage;
  const stack = new Stack(app, `countersign-${name}`, {
    description: 'Countersign: two-factor authentication',
    terminationProtection: true,
    ...((region || account) && { env: { ...(region && { region }), ...(account && { account }) } }),
  });
  const { node } = new Countersign(stack, 'Countersign', { stage: name, ...props, bundlesDir });
  for (const output of node.children.filter((child) => child instanceof CfnOutput)) {
    output.overrideLogicalId(output.node.id);
  }
  return stack;
}

/** Adds the stack `countersign-<stage>-front` where the stage has a front: CloudFront takes its rules and certificates from us-east-1. */
export function addFront(app: App, { name, account, front, domain }: ReturnType<typeof parseStage>): void {
  if (!front || !domain) {
    return;
  }
  const stack = new Stack(app, `countersign-${name}-front`, {
    description: 'Countersign: what stands before the API for browsers',
    env: { region: 'us-east-1', ...(account && { account }) },
  });
  new CountersignFront(stack, 'Front', { apiDomainName: domain.name, ...front });
}

/**
 * Synthesizes the stage `stageName` over the function bundles in `bundlesDir`.
 * `outDir` (a new temporary directory by default) receives the assembly: the template and `asset.<hash>` directories.
 */
export function synthesize(
  stageName: string,
  options: { bundlesDir: string; outDir?: string },
): { template: object; assemblyDir: string } {
  const app = new App({
    // The CLI would read the feature flags from this file; without it they are ours to read.
    context: JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')).context,
    analyticsReporting: false,
    // Checking the template takes longer than making it: that is for `cdk synth` and the tests.
    builtinCloudFormationValidation: false,
    treeMetadata: false,
    ...(options.outDir && { outdir: options.outDir }),
  });
  const stack = addStack(app, readStage(stageName), options.bundlesDir);
  const assembly = app.synth();
  return { template: assembly.getStackArtifact(stack.artifactId).template, assemblyDir: assembly.directory };
}
