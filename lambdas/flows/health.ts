import { version } from '../../package.json';
import { asAnybody } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';

/** GET /v1/health: the API is reachable. It asks no other system, so that it cannot be used to load one. */
export const handler = handle('health', asAnybody, async () => ({ status: 'ok', version }));
