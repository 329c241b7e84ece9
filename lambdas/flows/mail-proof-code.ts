import { decideMailProofCode } from '../core/mail-proof-code.ts';
import { isRefusal } from '../core/refusal.ts';
import { userCaller } from '../edge/callers.ts';
import { handle } from '../edge/handler.ts';
import { sendDecidedCode, sentAnswer } from '../edge/send-code.ts';
import { mail, sealThatCreates, store, verifier } from '../edge/wiring.ts';

/** POST /v1/me/codes: mails a code to use as proof. */
export const handler = handle('mail-proof-code', async (request) => {
  const token = await userCaller(request, verifier());
  if (isRefusal(token)) {
    return token;
  }
  const ports = { store: store(), seal: sealThatCreates(), mail: mail() };
  const context = request.contextOf({ kind: 'user', id: token.userId });
  const sent = await sendDecidedCode(ports, token, 'proof', context, (loaded) =>
    decideMailProofCode(loaded, request.body.method, context),
  );
  return sentAnswer(sent);
});
