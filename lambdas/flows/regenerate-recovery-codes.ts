import { decideRegenerateRecoveryCodes } from '../core/regenerate-recovery-codes.ts';
import { handle } from '../edge/handler.ts';
import { changeOwnTwoFactor } from '../edge/own-two-factor.ts';

/** POST /v1/me/recovery-codes: ten new codes, shown this once; the old ones stop. */
export const handler = handle('regenerate-recovery-codes', (request) =>
  changeOwnTwoFactor(request, decideRegenerateRecoveryCodes),
);
