import { isRefusal } from '../core/refusal.ts';
import { decideConfirmAuthenticator } from '../core/settings/confirm-authenticator.ts';
import { enrollerRef, enrollingCaller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { rfc3339 } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { hasher, seal, secrets, signer, store, verifier } from '../edge/setup/wiring.ts';

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
