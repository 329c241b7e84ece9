import { isRefusal } from '../core/refusal.ts';
import { ownUser } from '../core/settings/own-user.ts';
import { expiryOf, liveDevices } from '../core/sign-in/trusted-device.ts';
import { deviceLabel } from '../edge/courier/device-label.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { rfc3339 } from '../edge/http/times.ts';
import { store } from '../edge/setup/wiring.ts';

/** GET /v1/me/trusted-devices: the devices that skip the second step, by a name that a person knows. */
export const handler = handle('list-trusted-devices', asUser, async ({ nowMs }, token) => {
  const loaded = await store().load(token);
  const user = ownUser(loaded, token);
  if (isRefusal(user)) {
    return user;
  }
  const { account } = loaded;
  const data = liveDevices(user, account, nowMs).map((device) => ({
    id: device.id,
    label: deviceLabel(device.userAgent),
    createdAt: rfc3339(device.createdAtMs),
    lastSeenAt: rfc3339(device.lastSeenAtMs),
    expiresAt: rfc3339(expiryOf(device, account)),
  }));
  return { data };
});
