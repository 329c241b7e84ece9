import QRCode from 'qrcode';
import { base32Secret, otpauthUri } from '../core/factors/totp.ts';
import { isRefusal } from '../core/refusal.ts';
import { decideStartAuthenticator } from '../core/settings/start-authenticator.ts';
import { enrollerRef, enrollingCaller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { rfc3339 } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { brandOf } from '../edge/setup/brand.ts';
import { counts, hasher, seal, secrets, store, verifier } from '../edge/setup/wiring.ts';

/** POST /v1/me/authenticators: a fresh secret with its QR code, shown this once. */
export const handler = handle('start-authenticator', async (request) => {
  const ports = { store: store(), seal: seal(), secrets: secrets(), hasher: hasher(), counts: counts() };
  const by = await enrollingCaller(request, verifier(), ports.seal);
  if (isRefusal(by)) {
    return by;
  }
  const ref = enrollerRef(by);
  const context = request.contextOf({ kind: 'user', id: ref.userId });
  const { label, proof } = request.body;
  const command = { by, ...(label === undefined ? {} : { label }), ...(proof ? { proof } : {}) };
  const started = await decideAndSave(ports, ref, (loaded) =>
    decideStartAuthenticator(loaded, command, context),
  );
  if (isRefusal(started)) {
    return started;
  }
  const uri = otpauthUri(brandOf(started.account).product, started.email, started.secret);
  return {
    authenticatorId: started.authenticatorId,
    secret: base32Secret(started.secret),
    otpauthUri: uri,
    qrSvg: await QRCode.toString(uri, { type: 'svg', margin: 4 }),
    expiresAt: rfc3339(started.expiresAtMs),
  };
});
