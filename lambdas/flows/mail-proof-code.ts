import { mailProofCode } from '../core/settings/mail-proof-code.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { sendDecidedCode, sentAnswer } from '../edge/run/send-code.ts';
import { mailer, sealThatCreates, sms, store } from '../edge/setup/wiring.ts';

/** POST /v1/me/codes: mails or texts a code to use as proof. */
export const handler = handle('mail-proof-code', asUser, async ({ body, context }, token) => {
  const wired = { store: store(), seal: sealThatCreates(), mailer: mailer(), sms: sms() };
  const within = { ...context, sms: wired.sms };
  const sent = await sendDecidedCode(wired, token, 'proof', within, (loaded, ports) =>
    mailProofCode(loaded, { token, method: body.method }, ports, within),
  );
  return sentAnswer(sent);
});
