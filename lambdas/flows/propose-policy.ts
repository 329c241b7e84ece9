import { decideProposePolicy } from '../core/desk/account-policy.ts';
import { isRefusal } from '../core/refusal.ts';
import { adminCaller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { writtenUsers } from '../edge/http/listing.ts';
import { policyEdit } from '../edge/http/policy.ts';
import { sendDecidedCode, sentAnswer } from '../edge/run/send-code.ts';
import { lookup, mail, sealThatCreates, store, verifier } from '../edge/setup/wiring.ts';

const usersInImpact = 25;

/** POST /v1/account/policy/changes: what the change would mean, and the mailed code that will confirm it. */
export const handler = handle('propose-policy', async (request) => {
  const token = await adminCaller(request, verifier());
  if (isRefusal(token)) {
    return token;
  }
  const ports = { store: store(), seal: sealThatCreates(), mail: mail() };
  const context = request.contextOf({ kind: 'admin', id: token.userId });
  const command = { token, edit: policyEdit(request.body.policy) };
  const [figures, notEnrolled] = await Promise.all([
    lookup().figures(token.accountId),
    lookup().users(token.accountId, { status: 'disabled', limit: usersInImpact }),
  ]);
  const proposed = await sendDecidedCode(ports, token, 'policy_change', context, (loaded) =>
    decideProposePolicy(loaded, command, context),
  );
  if (isRefusal(proposed)) {
    return proposed;
  }
  const { users, enrolled } = figures;
  const impact = {
    users,
    enrolled,
    notEnrolled: users - enrolled,
    ...writtenUsers(notEnrolled, request.nowMs),
  };
  return { changeId: proposed.changeId, ...sentAnswer(proposed), warning: proposed.warning, impact };
});
