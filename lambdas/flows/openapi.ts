import { setting } from '../edge/config.ts';
import { handle } from '../edge/handler.ts';
import { openApiDocument } from '../openapi.ts';

const document = openApiDocument();

/** GET /openapi.json: the routes table as OpenAPI. */
export const handler = handle('openapi', async () => ({
  ...document,
  servers: [{ url: setting('issuerUrl') }],
}));
