/** `npm run sam`: the engines and the courier as `npm start` has them, and a template for `sam local` in front of them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadAssembly } from '../stack/assembly.ts';
import { resolveTemplate } from '../stack/template.ts';
import { endpointsOf, startLocal } from '../start-local.ts';
import { buildSamBundles, flowOf } from './bundles.ts';
import { samTemplate } from './template.ts';

const dir = fileURLToPath(new URL('../../.build/sam', import.meta.url));
const onLinux = process.platform === 'linux';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4400' },
    'sam-port': { type: 'string', default: '3000' },
    // A container on Linux shares the network of the host; elsewhere Docker Desktop has a name for the host.
    'engines-host': { type: 'string', default: onLinux ? '127.0.0.1' : 'host.docker.internal' },
  },
});

const { template } = await loadAssembly((step) => console.log(step));
const local = await startLocal({ port: Number(values.port) });
const samUrl = `http://127.0.0.1:${values['sam-port']}`;
const deployment = resolveTemplate(template, samUrl);
await buildSamBundles(dir, deployment);
const endpoints = Object.entries(endpointsOf(local)).map(([name, url]) => [
  name,
  url.replace('127.0.0.1', values['engines-host']),
]);
const made = samTemplate(template, {
  deployment,
  endpoints: Object.fromEntries(endpoints),
  dir,
  codeDirOf: (functionName) => join(dir, 'code', flowOf(functionName)),
});
writeFileSync(join(dir, 'template.json'), JSON.stringify(made, null, 1));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void local.close().then(() => process.exit(0)));
}
console.log(`
Engines and courier run; mails are on ${local.url}/_dev/mailbox. In another terminal:

  sam local start-api --template .build/sam/template.json --port ${values['sam-port']} --warm-containers LAZY${onLinux ? ' --docker-network host' : ''}

The API is then ${samUrl}; app routes want AWS signatures by local / local-secret.`);
