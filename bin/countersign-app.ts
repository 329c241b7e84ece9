/** The CDK app: `cdk synth -c stage=NAME`, `cdk deploy -c stage=NAME`; the stage is `dev` unless told. */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { buildBundles } from '../lib/bundles.ts';
import { readStage, StageError } from '../lib/stage.ts';
import { addFront, addStack } from '../lib/synthesize.ts';

const bundlesDir = '.build/bundles';

try {
  const app = new App();
  const stage = readStage(app.node.tryGetContext('stage') ?? 'dev');
  await buildBundles(bundlesDir, stage);
  addStack(app, stage, bundlesDir);
  addFront(app, stage);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
} catch (error) {
  if (!(error instanceof StageError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}
