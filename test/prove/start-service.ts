/** The local service as a process of its own, over a folder that outlives it: `start-service.ts FOLDER PORT [MISTAKE]`. */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Assembly, loadAssembly } from '../../local/stack/assembly.ts';
import { startLocal } from '../../local/start-local.ts';

/** Mistakes that a checker worth its name finds, by what each replaces in the functions' code. */
const mistakes: Readonly<Record<string, readonly [string, string]>> = {
  // The write that spends a code no longer minds who wrote before.
  unconditional: ['rev = :rev', 'rev = :rev OR rev <> :rev'],
};

/** Cheap hashes: what is proven does not depend on how long a guess takes. */
const recoveryCodeRounds = '1000';

const [folder = '', port = '0', mistake] = process.argv.slice(2);
const assembly = await sameAssembly(join(folder, 'assembly'));
if (mistake) {
  const [right, wrong] = mistakes[mistake] ?? [];
  if (right === undefined || wrong === undefined) {
    throw new Error(`There is no mistake "${mistake}"; there are ${Object.keys(mistakes).join(', ')}.`);
  }
  const planted = join(folder, 'functions');
  if (!existsSync(planted)) {
    cpSync(assembly.dir, planted, { recursive: true });
    for (const asset of readdirSync(planted).filter((name) => name.startsWith('asset.'))) {
      const file = join(planted, asset, 'index.cjs');
      if (existsSync(file)) {
        writeFileSync(file, readFileSync(file, 'utf8').replaceAll(`"${right}"`, `"${wrong}"`));
      }
    }
  }
  assembly.dir = planted;
}
const local = await startLocal({ port: Number(port), keepIn: join(folder, 'data'), assembly });
for (const lambda of local.deployment.functions) {
  lambda.environment.RECOVERY_CODE_ROUNDS = recoveryCodeRounds;
  // A busy machine is no fault.
  lambda.timeoutMs = 60_000;
}
console.log(local.url);

/** The code of the first start, whatever is edited while the service is down. */
async function sameAssembly(path: string): Promise<Assembly> {
  if (!existsSync(path)) {
    writeFileSync(path, (await loadAssembly(() => {})).dir);
  }
  const dir = readFileSync(path, 'utf8');
  return { dir, template: JSON.parse(readFileSync(join(dir, 'template.json'), 'utf8')), cached: true };
}
