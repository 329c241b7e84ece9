import { isRefusal } from '../core/refusal.ts';
import { decideStartEmailMethod } from '../core/settings/email-method.ts';
import { userCaller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { sendDecidedCode, sentAnswer } from '../edge/run/send-code.ts';
import { counts, hasher, mail, sealThatCreates, secrets, store, verifier } from '../edge/setup/wiring.ts';

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
