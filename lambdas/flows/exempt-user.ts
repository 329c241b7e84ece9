import { exemptUser } from '../core/desk/exempt-user.ts';
import { isRefusal } from '../core/refusal.ts';
import { asAdmin } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { rfc3339 } from '../edge/http/times.ts';
import { actOnUser } from '../edge/run/act-on-user.ts';

/** POST /v1/account/users/{id}/exemption: no second factor until a time; `until: null` ends it early. */
export const handler = handle('exempt-user', asAdmin, async (request, token) => {
  const { until } = request.body;
  const untilMs = until === null ? null : Date.parse(until);
  const answer = await actOnUser(request, token, (loaded, command) =>
    exemptUser(loaded, { ...command, untilMs }, request.context),
  );
  if (isRefusal(answer)) {
    return answer;
  }
  return { exemptUntil: answer.exemptUntilMs === null ? null : rfc3339(answer.exemptUntilMs) };
});
