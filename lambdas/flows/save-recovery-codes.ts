import { isRefusal } from '../core/refusal.ts';
import { saveRecoveryCodes } from '../core/settings/save-recovery-codes.ts';
import { asEnroller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { withExpiry } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { seal, signer, store } from '../edge/setup/wiring.ts';

/** POST /v1/me/recovery-codes/saved: the person has the codes; inside a sign-in, its result token anew. */
export const handler = handle('save-recovery-codes', asEnroller(seal), async ({ context }, { by, ref }) => {
  const wired = { store: store(), signer: signer() };
  const answer = await decideAndSave(wired, ref, (loaded, ports) =>
    saveRecoveryCodes(loaded, { by }, ports, context),
  );
  return isRefusal(answer) ? answer : withExpiry(answer);
});
