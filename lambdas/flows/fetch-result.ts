import { isRefusal, refuse } from '../core/refusal.ts';
import { fetchResult } from '../core/sign-in/fetch-result.ts';
import { asApp } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { withExpiry } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { seal, signer, store } from '../edge/setup/wiring.ts';

/** POST /v1/challenges/result: the result of a sign-in, for the app alone. */
export const handler = handle('fetch-result', asApp, async ({ body, context }) => {
  const challenge = await seal().open(body.challengeToken);
  if (!challenge) {
    return refuse('challenge_invalid', { detail: 'Start the sign-in again.' });
  }
  const wired = { store: store(), signer: signer() };
  const answer = await decideAndSave(wired, challenge, (loaded, ports) =>
    fetchResult(loaded, { challenge, resultCode: body.resultCode }, ports, context),
  );
  return isRefusal(answer) ? answer : withExpiry(answer);
});
