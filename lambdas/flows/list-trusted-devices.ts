import { isRefusal } from '../core/refusal.ts';
import { expiryOf, liveDevices } from '../core/trusted-device.ts';
import { userUnknown } from '../core/user-unknown.ts';
import { userCaller } from '../edge/callers.ts';
import { deviceLabel } from '../edge/device-label.ts';
import { handle } from '../edge/handler.ts';
import { rfc3339 } from '../edge/times.ts';
import { store, verifier } from '../edge/wiring.ts';

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
