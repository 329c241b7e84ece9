import { isRefusal } from '../core/refusal.ts';
import { decideChallenge } from '../core/sign-in/create-challenge.ts';
import { handle } from '../edge/http/handler.ts';
import { rfc3339 } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { setting } from '../edge/setup/config.ts';
import { sealThatCreates, signer, store } from '../edge/setup/wiring.ts';

/** POST /v1/challenges: starts the second factor, or says that none is needed. */
export const handler = handle('create-challenge', async ({ body, contextOf }) => {
  const { accountId, user, client } = body;
  const ref = { accountId, userId: user.id };
  const ports = { store: store(), seal: sealThatCreates(), signer: signer() };
  const context = contextOf({ kind: 'app' }, client ?? {});
  const answer = await decideAndSave(ports, ref, (loaded) => decideChallenge(loaded, body, context));
  if (isRefusal(answer)) {
    return answer;
  }
  const { expiresAtMs, ...rest } = answer;
  const supportContact =
    answer.status === 'passed' ? undefined : (answer.supportContact ?? setting('supportContact'));
  return { ...rest, expiresAt: rfc3339(expiresAtMs), supportContact };
});
