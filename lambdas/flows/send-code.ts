import { isRefusal } from '../core/refusal.ts';
import { decideSendCode } from '../core/sign-in/send-code.ts';
import { challengeOf } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { sendDecidedCode, sentAnswer } from '../edge/run/send-code.ts';
import { mail, seal, sms, store } from '../edge/setup/wiring.ts';

/** POST /v1/challenges/send: sends a sign-in code to the stored address or number. */
export const handler = handle('send-code', async ({ body, contextOf }) => {
  const ports = { store: store(), seal: seal(), mail: mail(), sms: sms() };
  const challenge = await challengeOf(body.challengeToken, ports.seal);
  if (isRefusal(challenge)) {
    return challenge;
  }
  const context = { ...contextOf({ kind: 'user', id: challenge.userId }), sms: ports.sms };
  const sent = await sendDecidedCode(ports, challenge, 'sign_in', context, (loaded) =>
    decideSendCode(loaded, challenge, body.method, context),
  );
  return sentAnswer(sent);
});
