import { sendCode } from '../core/sign-in/send-code.ts';
import { asChallenge } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { sendDecidedCode, sentAnswer } from '../edge/run/send-code.ts';
import { mailer, seal, sms, store } from '../edge/setup/wiring.ts';

/** POST /v1/challenges/send: sends a sign-in code to the stored address or number. */
export const handler = handle('send-code', asChallenge(seal), async ({ body, context }, challenge) => {
  const wired = { store: store(), seal: seal(), mailer: mailer(), sms: sms() };
  const command = { challenge, method: body.method };
  const within = { ...context, sms: wired.sms };
  const sent = await sendDecidedCode(wired, challenge, 'sign_in', within, (loaded, ports) =>
    sendCode(loaded, command, ports, within),
  );
  return sentAnswer(sent);
});
