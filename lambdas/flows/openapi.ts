import { asAnybody } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { setting } from '../edge/setup/config.ts';
import { openApiDocument } from '../openapi.ts';

const document = { ...openApiDocument(), servers: [{ url: setting('issuerUrl') }] };

/** GET /openapi.json: the routes table as OpenAPI. */
export const handler = handle('openapi', asAnybody, async () => document);
