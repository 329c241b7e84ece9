import { handle } from '../edge/http/handler.ts';
import { verifier } from '../edge/setup/wiring.ts';

/** GET /.well-known/jwks.json: the public keys. */
export const handler = handle('jwks', () => verifier().publicKeys());
