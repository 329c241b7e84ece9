import { isRefusal } from '../core/refusal.ts';
import { twoFactorStatus } from '../core/two-factor-status.ts';
import { userUnknown } from '../core/user-unknown.ts';
import { userCaller } from '../edge/callers.ts';
import { handle } from '../edge/handler.ts';
import { rfc3339 } from '../edge/times.ts';
import { store, verifier } from '../edge/wiring.ts';

/** GET /v1/me/two-factor: what is on, for a settings page. */
export const handler = handle('get-two-factor', async (request) => {
  const caller = await userCaller(request, verifier());
  if (isRefusal(caller)) {
    return caller;
  }
  const { user, account } = await store().load(caller);
  if (!user) {
    return userUnknown();
  }
  const { authenticators, recoveryCodes, ...rest } = twoFactorStatus(user, account, request.nowMs);
  return {
    ...rest,
    authenticators: authenticators.map(({ id, label, createdAtMs, lastUsedAtMs }) => ({
      id,
      label,
      createdAt: rfc3339(createdAtMs),
      lastUsedAt: lastUsedAtMs === undefined ? null : rfc3339(lastUsedAtMs),
    })),
    recoveryCodes: recoveryCodes && {
      remaining: recoveryCodes.remaining,
      low: recoveryCodes.low,
      generatedAt: rfc3339(recoveryCodes.generatedAtMs),
    },
  };
});
