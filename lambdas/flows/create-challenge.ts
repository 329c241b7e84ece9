import { isRefusal, refuse } from '../core/refusal.ts';
import { createChallenge } from '../core/sign-in/create-challenge.ts';
import { asApp } from '../edge/http/callers.ts';
import { leftOut } from '../edge/http/descriptions.ts';
import { handle } from '../edge/http/handler.ts';
import { clientContext } from '../edge/http/request.ts';
import { optionalTime, withExpiry } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { reportVerification } from '../edge/run/report.ts';
import { setting } from '../edge/setup/config.ts';
import { firstTokenKey, sealThatCreates, signerThatCreates, store } from '../edge/setup/wiring.ts';

const issuerUrl = setting('issuerUrl');
const returnOrigins = setting('returnOrigins');
const supportOfStage = setting('supportContact');

/** POST /v1/challenges: starts the second factor, or says that none is due. */
export const handler = handle('create-challenge', asApp, async ({ body, given, context }) => {
  const { accountId, user, client, returnTo } = body;
  if (returnTo !== undefined && !returnOrigins.includes(new URL(returnTo).origin)) {
    const detail = 'must be of an origin that this deployment returns to';
    return refuse('request_invalid', { detail, errors: [{ pointer: '/returnTo', detail }] });
  }
  const wired = { store: store(), seal: sealThatCreates(), signer: signerThatCreates() };
  await firstTokenKey(context.nowMs);
  const within = clientContext(context, client ?? {});
  const answer = await decideAndSave(wired, { accountId, userId: user.id }, (loaded, ports) =>
    createChallenge(loaded, body, ports, within),
  );
  if (isRefusal(answer)) {
    return answer;
  }
  if (answer.status === 'passed') {
    const { secondFactor: method, status: outcome } = answer;
    reportVerification({ accountId, userId: user.id, method, outcome, ip: within.ip });
  }
  const { requiredFromMs, ...rest } = answer;
  const supportContact = answer.status === 'passed' ? undefined : (answer.supportContact ?? supportOfStage);
  const requiredFrom = optionalTime(requiredFromMs);
  const promptUrl =
    returnTo === undefined || !('challengeToken' in answer)
      ? undefined
      : `${issuerUrl}/prompt#${answer.challengeToken}`;
  const warnings = leftOut(given, body);
  return { ...withExpiry(rest), promptUrl, requiredFrom, supportContact, warnings };
});
