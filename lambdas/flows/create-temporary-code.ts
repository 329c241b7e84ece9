import { createTemporaryCode } from '../core/desk/create-temporary-code.ts';
import { isRefusal } from '../core/refusal.ts';
import { asAdmin } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { withExpiry } from '../edge/http/times.ts';
import { actOnUser } from '../edge/run/act-on-user.ts';
import { sealThatCreates } from '../edge/setup/wiring.ts';

/** POST /v1/account/users/{id}/temporary-code: a code for one sign-in, shown this once, with a reason. */
export const handler = handle('create-temporary-code', asAdmin, async (request, token) => {
  const { validMinutes } = request.body;
  const answer = await actOnUser(
    request,
    token,
    (loaded, command, ports) =>
      createTemporaryCode(loaded, { ...command, validMinutes }, ports, request.context),
    sealThatCreates,
  );
  return isRefusal(answer) ? answer : withExpiry(answer);
});
