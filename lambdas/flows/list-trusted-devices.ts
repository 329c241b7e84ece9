import { userUnknown } from '../core/profile/user-unknown.ts';
import { isRefusal } from '../core/refusal.ts';
import { expiryOf, liveDevices } from '../core/sign-in/trusted-device.ts';
import { deviceLabel } from '../edge/courier/device-label.ts';
import { userCaller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { rfc3339 } from '../edge/http/times.ts';
import { store, verifier } from '../edge/setup/wiring.ts';

/** GET /v1/me/trusted-devices: the devices that skip the second step, by a name that a person knows. */
export const handler = handle('list-trusted-devices', async (request) => {
  const caller = await userCaller(request, verifier());
  if (isRefusal(caller)) {
    return caller;
  }
  const { user, account } = await store().load(caller);
  if (!user) {
    return userUnknown();
  }
  const data = liveDevices(user, account, request.nowMs).map((device) => ({
    id: device.id,
    label: deviceLabel(device.userAgent),
    createdAt: rfc3339(device.createdAtMs),
    lastSeenAt: rfc3339(device.lastSeenAtMs),
    expiresAt: rfc3339(expiryOf(device, account)),
  }));
  return { data };
});
