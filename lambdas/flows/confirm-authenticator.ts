import { decideConfirmAuthenticator } from '../core/confirm-authenticator.ts';
import { isRefusal } from '../core/refusal.ts';
import { enrollerRef, enrollingCaller } from '../edge/callers.ts';
import { decideAndSave } from '../edge/decide.ts';
import { handle } from '../edge/handler.ts';
import { rfc3339 } from '../edge/times.ts';
import { hasher, seal, secrets, signer, store, verifier } from '../edge/wiring.ts';

/** POST /v1/me/authenticators/{id}/confirm: two-factor is on from here; inside a sign-in, this completes it. */
export const handler = handle('confirm-authenticator', async (request) => {
  const ports = { store: store(), seal: seal(), secrets: secrets(), hasher: hasher(), signer: signer() };
  const by = await enrollingCaller(request, verifier(), ports.seal);
  if (isRefusal(by)) {
    return by;
  }
  const ref = enrollerRef(by);
  const context = request.contextOf({ kind: 'user', id: ref.userId });
  const command = { by, authenticatorId: request.path.id as string, code: request.body.code };
  const answer = await decideAndSave(ports, ref, (loaded) =>
    decideConfirmAuthenticator(loaded, command, context),
  );
  if (isRefusal(answer) || answer.expiresAtMs === undefined) {
    return answer;
  }
  const { expiresAtMs, ...rest } = answer;
  return { ...rest, expiresAt: rfc3339(expiresAtMs) };
});
