/**
 * Runs before each test file. A worker goes on from file to file, so that the SDK and the other libraries load once; what
 * is ours starts anew: modules with all that they remember, and the environment.
 */
import { vi } from 'vitest';
import { worker } from './worker.ts';

vi.resetModules();
for (const name of Object.keys(process.env)) {
  if (!(name in worker.environment)) {
    delete process.env[name];
  }
}
Object.assign(process.env, worker.environment);
