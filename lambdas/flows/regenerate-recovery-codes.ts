import { decideRegenerateRecoveryCodes } from '../core/settings/regenerate-recovery-codes.ts';
import { handle } from '../edge/http/handler.ts';
import { changeOwnTwoFactor } from '../edge/run/own-two-factor.ts';

/** POST /v1/me/recovery-codes: ten new codes, shown this once; the old ones stop. */
export const handler = handle('regenerate-recovery-codes', (request) =>
  changeOwnTwoFactor(request, decideRegenerateRecoveryCodes),
);
