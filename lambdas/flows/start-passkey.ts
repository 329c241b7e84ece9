import { base64url } from '../core/factors/passkey.ts';
import { creationOptions } from '../core/factors/passkey-options.ts';
import { isRefusal } from '../core/refusal.ts';
import { startPasskey } from '../core/settings/start-passkey.ts';
import { asEnroller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { rfc3339 } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { brandOf } from '../edge/setup/brand.ts';
import { proofPorts, seal } from '../edge/setup/wiring.ts';

/** POST /v1/me/passkeys: what the browser takes to make a passkey. */
export const handler = handle('start-passkey', asEnroller(seal), async ({ body, context }, { by, ref }) => {
  const started = await decideAndSave(proofPorts(), ref, (loaded, ports) =>
    startPasskey(loaded, { by, ...body }, ports, context),
  );
  if (isRefusal(started)) {
    return started;
  }
  const { passkeyId, user, account, challenge, expiresAtMs } = started;
  return {
    passkeyId,
    options: creationOptions(user, brandOf(account).product, base64url(challenge), context),
    expiresAt: rfc3339(expiresAtMs),
  };
});
