import { startSmsMethod } from '../core/settings/start-sms-method.ts';
import { asEnroller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { sendDecidedCode, sentAnswer } from '../edge/run/send-code.ts';
import { proofPorts, sealThatCreates, sms } from '../edge/setup/wiring.ts';

/** POST /v1/me/methods/sms: texts the code that turns codes to this number on. */
export const handler = handle(
  'start-sms-method',
  asEnroller(sealThatCreates),
  async ({ body, context }, { by, ref }) => {
    const wired = { ...proofPorts(), seal: sealThatCreates(), sms: sms() };
    const within = { ...context, sms: wired.sms };
    const sent = await sendDecidedCode(wired, ref, 'enable_sms', within, (loaded, ports) =>
      startSmsMethod(loaded, { by, ...body }, ports, within),
    );
    return sentAnswer(sent);
  },
);
