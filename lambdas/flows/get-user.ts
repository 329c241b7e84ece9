import { heldAbout } from '../core/profile/get-user.ts';
import { userUnknown } from '../core/profile/user-unknown.ts';
import { asApp } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { withTimes } from '../edge/http/times.ts';
import { store } from '../edge/setup/wiring.ts';

/** GET /v1/accounts/{accountId}/users/{userId}: all that is held about a person, for an access request. */
export const handler = handle('get-user', asApp, async ({ path, nowMs }) => {
  const { user, account } = await store().load(path);
  return user ? withTimes(heldAbout({ user, account }, nowMs)) : userUnknown();
});
