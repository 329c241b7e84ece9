import { isRefusal } from '../core/refusal.ts';
import { decideConfirmSmsMethod } from '../core/settings/confirm-sms-method.ts';
import { enrollerRef, enrollingCaller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { rfc3339 } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { counts, hasher, seal, signer, store, verifier } from '../edge/setup/wiring.ts';

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
