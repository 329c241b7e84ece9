import { decideStartEmailMethod } from '../core/email-method.ts';
import { isRefusal } from '../core/refusal.ts';
import { userCaller } from '../edge/callers.ts';
import { handle } from '../edge/handler.ts';
import { sendDecidedCode, sentAnswer } from '../edge/send-code.ts';
import { counts, hasher, mail, sealThatCreates, secrets, store, verifier } from '../edge/wiring.ts';

/** POST /v1/me/methods/email: sends the code that turns codes by e-mail on. */
export const handler = handle('start-email-method', async (request) => {
  const token = await userCaller(request, verifier());
  if (isRefusal(token)) {
    return token;
  }
  const ports = {
    store: store(),
    seal: sealThatCreates(),
    secrets: secrets(),
    hasher: hasher(),
    counts: counts(),
    mail: mail(),
  };
  const context = request.contextOf({ kind: 'user', id: token.userId });
  const { proof } = request.body;
  const sent = await sendDecidedCode(ports, token, 'enable_email', context, (loaded) =>
    decideStartEmailMethod(loaded, { token, ...(proof ? { proof } : {}) }, context),
  );
  return sentAnswer(sent);
});
