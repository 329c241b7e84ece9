import { asAnybody } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { verifier } from '../edge/setup/wiring.ts';

/** GET /.well-known/jwks.json: the public keys. */
export const handler = handle('jwks', asAnybody, () => verifier().publicKeys());
