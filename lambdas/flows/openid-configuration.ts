import { asAnybody } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { setting } from '../edge/setup/config.ts';

const issuer = setting('issuerUrl');

/** GET /.well-known/openid-configuration: what a JWT authorizer needs, and no more than is true. */
export const handler = handle('openid-configuration', asAnybody, async () => ({
  issuer,
  jwks_uri: `${issuer}/.well-known/jwks.json`,
  response_types_supported: ['none'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
}));
