import { isRefusal } from '../core/refusal.ts';
import { decideMailProofCode } from '../core/settings/mail-proof-code.ts';
import { userCaller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { sendDecidedCode, sentAnswer } from '../edge/run/send-code.ts';
import { mail, sealThatCreates, sms, store, verifier } from '../edge/setup/wiring.ts';

/** POST /v1/me/codes: mails or texts a code to use as proof. */
export const handler = handle('mail-proof-code', async (request) => {
  const token = await userCaller(request, verifier());
  if (isRefusal(token)) {
    return token;
  }
  const ports = { store: store(), seal: sealThatCreates(), mail: mail(), sms: sms() };
  const context = { ...request.contextOf({ kind: 'user', id: token.userId }), sms: ports.sms };
  const sent = await sendDecidedCode(ports, token, 'proof', context, (loaded) =>
    decideMailProofCode(loaded, request.body.method, context),
  );
  return sentAnswer(sent);
});
