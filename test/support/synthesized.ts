/** A whole stack over empty bundles, as its template: what the tests of this folder read. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { background, routes } from '../../lambdas/routes.ts';
import { parseStage } from '../../lib/stage.ts';
import { addStack } from '../../lib/synthesize.ts';

export const stageJson = {
  productName: 'Acme',
  mailFrom: 'security@acme.example',
  audience: 'acme',
  allowedOrigins: ['https://app.acme.example'],
  logRetentionDays: 30,
};

// biome-ignore lint/suspicious/noExplicitAny: templates are JSON of many shapes
export type Json = any;
export type Resource = { Type: string; Properties: Json; DeletionPolicy?: string; DependsOn?: string[] };
export type Template = { Resources: Record<string, Resource>; Outputs: Record<string, { Value: Json }> };

/** Makes an empty bundle for every function; returns their folder. */
export function emptyBundles(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bundles-'));
  for (const flow of [...Object.keys(routes), ...Object.keys(background)]) {
    mkdirSync(join(folder, flow));
    writeFileSync(join(folder, flow, 'index.cjs'), `exports.handler = async () => '${flow}';`);
  }
  return folder;
}

/** Synthesizes the stage `test`, or one of another name, under cdk-nag's AwsSolutions. Throws when that finds anything. */
export function synthesizeTest(
  json: object = {},
  alter: (stack: Stack) => void = () => {},
  name = 'test',
): Template {
  const bundlesDir = emptyBundles();
  const outdir = mkdtempSync(join(tmpdir(), 'countersign-assembly-'));
  const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));
  try {
    const app = new App({ context, outdir, analyticsReporting: false });
    const stack = addStack(app, parseStage(name, { ...stageJson, ...json }), bundlesDir);
    alter(stack);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    return app.synth().getStackArtifact(stack.artifactId).template;
  } finally {
    for (const folder of [bundlesDir, outdir]) {
      rmSync(folder, { recursive: true });
    }
  }
}

export const ofType = (template: Template, type: string) =>
  Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);

/** The only resource of a type. */
export function only(template: Template, type: string): Resource {
  const found = ofType(template, type);
  if (found.length !== 1 || !found[0]) {
    throw new Error(`${found.length} resources of type ${type}`);
  }
  return found[0][1];
}

/** A value of the template as text: references by what they refer to. */
export function readable(template: Template, value: Json): string {
  if (typeof value !== 'object') {
    return String(value);
  }
  if (value['Fn::Join']) {
    return value['Fn::Join'][1].map((part: Json) => readable(template, part)).join(value['Fn::Join'][0]);
  }
  const [id, attribute] = value['Fn::GetAtt'] ?? [value.Ref, 'Ref'];
  const { Type, Properties } = template.Resources[id] ?? { Type: id, Properties: {} };
  const name = Properties.LogGroupName ?? Properties.FunctionName ?? Properties.Description ?? Type;
  return `{${name}${attribute === 'Arn' || attribute === 'Ref' ? '' : `.${attribute}`}}`;
}
