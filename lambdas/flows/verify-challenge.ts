import { isRefusal } from '../core/refusal.ts';
import { decideVerify } from '../core/sign-in/verify-challenge.ts';
import { challengeOf } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { rfc3339 } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { counts, hasher, seal, secrets, signer, store } from '../edge/setup/wiring.ts';

/** POST /v1/challenges/verify: spends a second factor and answers with the result token. */
export const handler = handle('verify-challenge', async ({ body, headers, contextOf }) => {
  const ports = {
    store: store(),
    seal: seal(),
    secrets: secrets(),
    hasher: hasher(),
    signer: signer(),
    counts: counts(),
  };
  const challenge = await challengeOf(body.challengeToken, ports.seal);
  if (isRefusal(challenge)) {
    return challenge;
  }
  const context = contextOf({ kind: 'user', id: challenge.userId });
  const command = {
    challenge,
    attempt: body,
    remember: body.rememberDevice,
    idempotencyKey: headers['idempotency-key'],
  };
  const answer = await decideAndSave(ports, challenge, (loaded) => decideVerify(loaded, command, context));
  if (isRefusal(answer)) {
    return answer;
  }
  const { expiresAtMs, ...rest } = answer;
  return { ...rest, expiresAt: rfc3339(expiresAtMs) };
});
