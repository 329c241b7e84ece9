import { regenerateRecoveryCodes } from '../core/settings/regenerate-recovery-codes.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { withSheet } from '../edge/run/recovery-sheet.ts';
import { proofPorts } from '../edge/setup/wiring.ts';

/** POST /v1/me/recovery-codes: ten new codes, shown this once; the old ones stop. */
export const handler = handle('regenerate-recovery-codes', asUser, ({ body, context }, token) => {
  const command = { token, proof: body.proof };
  return decideAndSave(proofPorts(), token, (loaded, ports) =>
    withSheet(loaded, regenerateRecoveryCodes(loaded, command, ports, context), context),
  );
});
