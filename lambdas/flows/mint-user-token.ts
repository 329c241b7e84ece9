import { refuse } from '../core/refusal.ts';
import { asApp } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { rfc3339 } from '../edge/http/times.ts';
import { newId } from '../edge/run/decide.ts';
import { signer } from '../edge/setup/wiring.ts';

const clockSkewMs = 60_000;

/** POST /v1/user-tokens: a short-lived token for a settings or admin page, on the app's word. */
export const handler = handle('mint-user-token', asApp, async ({ body, nowMs }) => {
  const { reauthenticatedAt, ...who } = body;
  const at = reauthenticatedAt === undefined ? undefined : Date.parse(reauthenticatedAt);
  if (at !== undefined && at > nowMs + clockSkewMs) {
    const detail = 'lies in the future';
    return refuse('request_invalid', { detail, errors: [{ pointer: '/reauthenticatedAt', detail }] });
  }
  const claims = { ...who, ...(at === undefined ? {} : { reauthenticatedAtMs: Math.min(at, nowMs) }) };
  const { token, expiresAtMs } = await signer().signUser(claims, newId('jti'), nowMs);
  return { token, expiresAt: rfc3339(expiresAtMs) };
});
