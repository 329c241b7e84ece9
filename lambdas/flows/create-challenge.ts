import { isRefusal } from '../core/refusal.ts';
import { createChallenge } from '../core/sign-in/create-challenge.ts';
import { asApp } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { clientContext } from '../edge/http/request.ts';
import { withExpiry } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { setting } from '../edge/setup/config.ts';
import { sealThatCreates, signer, store } from '../edge/setup/wiring.ts';

/** POST /v1/challenges: starts the second factor, or says that none is due. */
export const handler = handle('create-challenge', asApp, async ({ body, context }) => {
  const { accountId, user, client = {} } = body;
  const wired = { store: store(), seal: sealThatCreates(), signer: signer() };
  const within = clientContext(context, client);
  const answer = await decideAndSave(wired, { accountId, userId: user.id }, (loaded, ports) =>
    createChallenge(loaded, body, ports, within),
  );
  if (isRefusal(answer)) {
    return answer;
  }
  const supportContact =
    answer.status === 'passed' ? undefined : (answer.supportContact ?? setting('supportContact'));
  return { ...withExpiry(answer), supportContact };
});
