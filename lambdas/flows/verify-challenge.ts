import { isRefusal } from '../core/refusal.ts';
import { verifyChallenge } from '../core/sign-in/verify-challenge.ts';
import { asChallenge } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { withExpiry } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { reportVerification } from '../edge/run/report.ts';
import { proofPorts, seal, signer } from '../edge/setup/wiring.ts';

/** POST /v1/challenges/verify: spends a second factor and answers with the result token. */
export const handler = handle(
  'verify-challenge',
  asChallenge(seal),
  async ({ body, headers, context }, challenge) => {
    const { challengeToken: _spent, rememberDevice: remember, ...attempt } = body;
    const command = { challenge, attempt, remember, idempotencyKey: headers['idempotency-key'] };
    const wired = { ...proofPorts(), signer: signer() };
    const answer = await decideAndSave(wired, challenge, (loaded, ports) =>
      verifyChallenge(loaded, command, ports, context),
    );
    const { accountId, userId, challengeId } = challenge;
    const outcome = isRefusal(answer) ? answer.refused : answer.status;
    reportVerification({ accountId, userId, challengeId, method: attempt.method, outcome, ip: context.ip });
    return isRefusal(answer) ? answer : withExpiry(answer);
  },
);
