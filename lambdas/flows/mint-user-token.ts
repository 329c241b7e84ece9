import { isRefusal, type Refusal, refuse } from '../core/refusal.ts';
import { deskAction } from '../core/state/action.ts';
import type { UserTokenClaims } from '../core/state/user-token-claims.ts';
import { asApp } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { withExpiry } from '../edge/http/times.ts';
import { newId } from '../edge/run/decide.ts';
import { signerThatCreates, store, verifier } from '../edge/setup/wiring.ts';

const clockSkewMs = 60_000;

/** POST /v1/user-tokens: a short-lived token for a settings or admin page, on the app's word; of no account that is closed. */
export const handler = handle('mint-user-token', asApp, async ({ body, nowMs }) => {
  const { reauthenticatedAt, resultToken, client, ...who } = body;
  await store().loadAccount(who.accountId);
  const at = reauthenticatedAt === undefined ? undefined : Date.parse(reauthenticatedAt);
  if (at !== undefined && at > nowMs + clockSkewMs) {
    return invalid('/reauthenticatedAt', 'lies in the future');
  }
  const presented = await presentedBy(resultToken, who, nowMs);
  if (isRefusal(presented)) {
    return presented;
  }
  const claims: UserTokenClaims = {
    ...who,
    ...presented,
    ...(at === undefined ? {} : { reauthenticatedAtMs: Math.min(at, nowMs) }),
    ...(client ? { client } : {}),
  };
  return withExpiry(await signerThatCreates().signUser(claims, newId('jti'), nowMs));
});

/**
 * What a result token of this person's says for a user token: when a strong second factor was presented, in a sign-in or in
 * a step-up for the desk; or that the sign-in was by a temporary code.
 */
async function presentedBy(
  resultToken: string | undefined,
  who: { accountId: string; userId: string },
  nowMs: number,
): Promise<Pick<UserTokenClaims, 'secondFactorAtMs' | 'temporarySignIn'> | Refusal> {
  if (resultToken === undefined) {
    return {};
  }
  const result = await verifier().verifyResult(resultToken, nowMs);
  if (result?.accountId !== who.accountId || result.userId !== who.userId) {
    return invalid('/resultToken', "must be a live result token of this account's user");
  }
  if (result.secondFactor === 'temporary_code') {
    return { temporarySignIn: result.jti };
  }
  const forDesk = result.action === undefined || result.action === deskAction;
  return forDesk && result.amr.includes('mfa') ? { secondFactorAtMs: result.authTimeMs } : {};
}

const invalid = (pointer: string, detail: string): Refusal =>
  refuse('request_invalid', { detail, errors: [{ pointer, detail }] });
