import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { synthesize } from '../../lib/synthesize.ts';
import { emptyBundles, ofType, type Template } from '../support/synthesized.ts';

const outDir = mkdtempSync(join(tmpdir(), 'countersign-assembly-'));
const bundlesDir = emptyBundles();
const { template, assemblyDir } = synthesize('local', { bundlesDir, outDir });
afterAll(() => {
  for (const folder of [outDir, bundlesDir]) {
    rmSync(folder, { recursive: true });
  }
});

it('the assembly is where it was asked for, and holds the template that is returned', () => {
  expect(assemblyDir).toBe(outDir);
  const written = readFileSync(join(assemblyDir, 'countersign-local.template.json'), 'utf8');
  expect(JSON.parse(written)).toEqual(template);
});

it("each function's code is the asset that its S3Key names", () => {
  for (const [, { Properties }] of ofType(template as Template, 'AWS::Lambda::Function')) {
    const asset = join(assemblyDir, `asset.${Properties.Code.S3Key.replace('.zip', '')}`, 'index.cjs');
    expect(existsSync(asset)).toBe(true);
    expect(Properties.FunctionName).toBe(`countersign-local-${readFileSync(asset, 'utf8').split("'")[1]}`);
  }
});
