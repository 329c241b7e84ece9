import QRCode from 'qrcode';
import { base32Secret, otpauthUri } from '../core/factors/rfc6238.ts';
import { isRefusal } from '../core/refusal.ts';
import { startAuthenticator } from '../core/settings/start-authenticator.ts';
import { asEnroller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { rfc3339 } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { brandOf } from '../edge/setup/brand.ts';
import { proofPorts, seal, secretsThatCreate } from '../edge/setup/wiring.ts';

/** POST /v1/me/authenticators: a fresh secret with its QR code, shown this once. */
export const handler = handle(
  'start-authenticator',
  asEnroller(seal),
  async ({ body, context }, { by, ref }) => {
    const wired = { ...proofPorts(), secrets: secretsThatCreate() };
    const started = await decideAndSave(wired, ref, (loaded, ports) =>
      startAuthenticator(loaded, { by, ...body }, ports, context),
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
  },
);
