import { handle } from '../edge/handler.ts';
import { verifier } from '../edge/wiring.ts';

/** GET /.well-known/jwks.json: the public keys. */
export const handler = handle('jwks', () => verifier().publicKeys());
