import { userUnknown } from '../core/profile/user-unknown.ts';
import { twoFactorStatus } from '../core/settings/get-two-factor.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { rfc3339 } from '../edge/http/times.ts';
import { store } from '../edge/setup/wiring.ts';

/** GET /v1/me/two-factor: what is on, for a settings page. */
export const handler = handle('get-two-factor', asUser, async ({ nowMs }, token) => {
  const { user, account } = await store().load(token);
  if (!user) {
    return userUnknown();
  }
  const { authenticators, recoveryCodes, ...rest } = twoFactorStatus(user, account, nowMs);
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
