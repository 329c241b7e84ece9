import { isRefusal } from '../core/refusal.ts';
import { decideStartSmsMethod } from '../core/settings/start-sms-method.ts';
import { enrollerRef, enrollingCaller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { sendDecidedCode, sentAnswer } from '../edge/run/send-code.ts';
import { counts, hasher, sealThatCreates, secrets, sms, store, verifier } from '../edge/setup/wiring.ts';

/** POST /v1/me/methods/sms: texts the code that turns codes to this number on. */
export const handler = handle('start-sms-method', async (request) => {
  const ports = {
    store: store(),
    seal: sealThatCreates(),
    secrets: secrets(),
    hasher: hasher(),
    counts: counts(),
    sms: sms(),
  };
  const by = await enrollingCaller(request, verifier(), ports.seal);
  if (isRefusal(by)) {
    return by;
  }
  const ref = enrollerRef(by);
  const context = { ...request.contextOf({ kind: 'user', id: ref.userId }), sms: ports.sms };
  const { phone, proof } = request.body;
  const command = { by, phone, ...(proof ? { proof } : {}) };
  const sent = await sendDecidedCode(ports, ref, 'enable_sms', context, (loaded) =>
    decideStartSmsMethod(loaded, command, context),
  );
  return sentAnswer(sent);
});
