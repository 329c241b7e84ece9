/** The functions' code for `sam local`: each flow as it is, with the bridge around it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Deployment } from '../lambda/deployment.ts';

const pathOf = (file: string) => JSON.stringify(fileURLToPath(new URL(`../../${file}`, import.meta.url)));

/** Writes `<outDir>/code/<flow>/index.cjs` for every flow that has a route. Functions are named `countersign-local-<flow>`. */
export async function buildSamBundles(outDir: string, { routes }: Deployment): Promise<string[]> {
  const sourceDir = join(outDir, 'source');
  rmSync(sourceDir, { recursive: true, force: true });
  mkdirSync(sourceDir, { recursive: true });
  const flows = routes.map(({ functionName, iam }) => {
    const flow = flowOf(functionName);
    writeFileSync(
      join(sourceDir, `${flow}.ts`),
      `import { bridged } from ${pathOf('local/sam/bridge.ts')};
import { handler as flow } from ${pathOf(`lambdas/flows/${flow}.ts`)};
export const handler = bridged(flow, ${JSON.stringify({ functionName, signed: iam })});
`,
    );
    return flow;
  });
  const { bundle } = await import('../../lib/bundles.ts');
  await bundle(join(outDir, 'code'), { flows, sourceDir });
  return flows;
}

/** The flow of a function of the local stage. */
export const flowOf = (functionName: string) => functionName.replace(/^countersign-local-/, '');
