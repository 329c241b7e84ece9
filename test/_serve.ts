import { startAcme } from './support/acme.ts';
const l = await startAcme(4540);
console.log('Paste this', l.url, l.acme?.url);
process.on('SIGTERM', async () => { await l.close(); process.exit(0); });
