import { isRefusal } from '../core/refusal.ts';
import { twoFactorStatus } from '../core/settings/get-two-factor.ts';
import { ownUser } from '../core/settings/own-user.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { optionalTime, rfc3339 } from '../edge/http/times.ts';
import { brandOf } from '../edge/setup/brand.ts';
import { store } from '../edge/setup/wiring.ts';

/** GET /v1/me/two-factor: what is on, for a settings page. */
export const handler = handle('get-two-factor', asUser, async ({ context }, token) => {
  const loaded = await store().load(token);
  const user = ownUser(loaded, token);
  if (isRefusal(user)) {
    return user;
  }
  const { account } = loaded;
  const { product, supportContact } = brandOf(account);
  const { authenticators, passkeys, recoveryCodes, requiredFromMs, ...status } = twoFactorStatus(
    { user, account },
    token,
    context,
  );
  return {
    ...status,
    authenticators: authenticators.map(listed),
    passkeys: passkeys.map(listed),
    recoveryCodes: recoveryCodes && {
      remaining: recoveryCodes.remaining,
      low: recoveryCodes.low,
      saved: recoveryCodes.saved,
      generatedAt: rfc3339(recoveryCodes.generatedAtMs),
    },
    requiredFrom: optionalTime(requiredFromMs),
    supportContact,
    product,
  };
});

const listed = <One extends { createdAtMs: number; lastUsedAtMs: number | undefined }>({
  createdAtMs,
  lastUsedAtMs,
  ...one
}: One) => ({
  ...one,
  createdAt: rfc3339(createdAtMs),
  lastUsedAt: optionalTime(lastUsedAtMs) ?? null,
});
