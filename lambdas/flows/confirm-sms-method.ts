import { decideConfirmSmsMethod } from '../core/confirm-sms-method.ts';
import { isRefusal } from '../core/refusal.ts';
import { enrollerRef, enrollingCaller } from '../edge/callers.ts';
import { decideAndSave } from '../edge/decide.ts';
import { handle } from '../edge/handler.ts';
import { rfc3339 } from '../edge/times.ts';
import { counts, hasher, seal, signer, store, verifier } from '../edge/wiring.ts';

/** POST /v1/me/methods/sms/confirm: codes by text message are on; inside a sign-in, this completes it. */
export const handler = handle('confirm-sms-method', async (request) => {
  const ports = { store: store(), seal: seal(), hasher: hasher(), signer: signer(), counts: counts() };
  const by = await enrollingCaller(request, verifier(), ports.seal);
  if (isRefusal(by)) {
    return by;
  }
  const ref = enrollerRef(by);
  const context = request.contextOf({ kind: 'user', id: ref.userId });
  const { code } = request.body;
  const answer = await decideAndSave(ports, ref, (loaded) =>
    decideConfirmSmsMethod(loaded, { by, code }, context),
  );
  if (isRefusal(answer) || answer.expiresAtMs === undefined) {
    return answer;
  }
  const { expiresAtMs, ...rest } = answer;
  return { ...rest, expiresAt: rfc3339(expiresAtMs) };
});
