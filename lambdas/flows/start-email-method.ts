import { startEmailMethod } from '../core/settings/start-email-method.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { sendDecidedCode, sentAnswer } from '../edge/run/send-code.ts';
import { mailer, proofPorts, sealThatCreates } from '../edge/setup/wiring.ts';

/** POST /v1/me/methods/email: sends the code that turns codes by email on. */
export const handler = handle('start-email-method', asUser, async ({ body, context }, token) => {
  const wired = { ...proofPorts(), seal: sealThatCreates(), mailer: mailer() };
  const sent = await sendDecidedCode(wired, token, 'enable_email', context, (loaded, ports) =>
    startEmailMethod(loaded, { token, proof: body.proof }, ports, context),
  );
  return sentAnswer(sent);
});
