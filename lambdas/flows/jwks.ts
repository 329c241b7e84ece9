import { asAnybody } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { publisher } from '../edge/setup/wiring.ts';

/** GET /.well-known/jwks.json: the public keys. */
export const handler = handle('jwks', asAnybody, ({ nowMs }) => publisher().publicKeys(nowMs));
