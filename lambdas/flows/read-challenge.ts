import { isRefusal } from '../core/refusal.ts';
import { readChallenge } from '../core/sign-in/read-challenge.ts';
import { deviceLabel } from '../edge/courier/device-label.ts';
import { asChallenge } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { withExpiry } from '../edge/http/times.ts';
import { brandOf } from '../edge/setup/brand.ts';
import { seal, store } from '../edge/setup/wiring.ts';

/** POST /v1/challenges/read: what this challenge asks for now, who signs in, and from where. */
export const handler = handle('read-challenge', asChallenge(seal), async ({ body, context }, challenge) => {
  const read = await readChallenge(await store().load(challenge), challenge, seal(), context);
  if (isRefusal(read)) {
    return read;
  }
  const { asked, email, user, account } = read;
  const { client, returnTo } = challenge;
  return {
    ...withExpiry(asked),
    challengeToken: body.challengeToken,
    ...brandOf(account),
    settingsUrl: undefined,
    email,
    locale: user.locale,
    client: client && {
      ip: client.ip,
      device: client.userAgent === undefined ? undefined : deviceLabel(client.userAgent),
    },
    returnOrigin: returnTo && new URL(returnTo).origin,
  };
});
