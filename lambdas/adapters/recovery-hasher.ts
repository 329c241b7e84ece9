/** Recovery-code hashes: PBKDF2-HMAC-SHA-512 with Node's own crypto. */
import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { RecoveryHasher } from '../core/ports.ts';
import { limits } from '../core/state/limits.ts';

const derive = promisify(pbkdf2);

/** `rounds` is the cost of new batches; a stored batch keeps the cost it was made with. */
export function recoveryHasher(rounds: number): RecoveryHasher {
  return {
    rounds,
    hash: async (code, salt, cost) =>
      new Uint8Array(await derive(code, salt, cost, limits.recovery.hashBytes, 'sha512')),
  };
}
