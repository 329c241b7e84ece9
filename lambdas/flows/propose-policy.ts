import { proposePolicy } from '../core/desk/propose-policy.ts';
import { isRefusal } from '../core/refusal.ts';
import { asAdmin } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { writtenUsers } from '../edge/http/listing.ts';
import { policyEdit } from '../edge/http/policy.ts';
import { sendDecidedCode, sentAnswer } from '../edge/run/send-code.ts';
import { directory, mailer, policyDefaults, proofPorts, sealThatCreates } from '../edge/setup/wiring.ts';

const usersInImpact = 25;

/** POST /v1/account/policy/changes: what the change would mean, and the mailed code that will confirm it. */
export const handler = handle('propose-policy', asAdmin, async ({ body, context, nowMs }, token) => {
  const { accountId } = token;
  const wired = { ...proofPorts(), seal: sealThatCreates(), mailer: mailer() };
  const command = { token, proof: body.proof, edit: policyEdit(body.policy), defaults: policyDefaults };
  const [{ users, enrolled }, notEnrolled] = await Promise.all([
    directory().figures(accountId),
    directory().users(accountId, { status: 'disabled', limit: usersInImpact }),
  ]);
  const proposed = await sendDecidedCode(wired, token, 'policy_change', context, (loaded, ports) =>
    proposePolicy(loaded, command, ports, context),
  );
  if (isRefusal(proposed)) {
    return proposed;
  }
  const impact = { users, enrolled, notEnrolled: users - enrolled, ...writtenUsers(notEnrolled, nowMs) };
  return { changeId: proposed.changeId, ...sentAnswer(proposed), warnings: proposed.warnings, impact };
});
