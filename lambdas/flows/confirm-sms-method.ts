import { isRefusal } from '../core/refusal.ts';
import { confirmSmsMethod } from '../core/settings/confirm-sms-method.ts';
import { asEnroller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { withExpiry } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { withSheet } from '../edge/run/recovery-sheet.ts';
import { hasher, seal, signer, smsCounts, store } from '../edge/setup/wiring.ts';

/** POST /v1/me/methods/sms/confirm: codes by text message are on; inside a sign-in, this completes it. */
export const handler = handle(
  'confirm-sms-method',
  asEnroller(seal),
  async ({ body, context }, { by, ref }) => {
    const wired = {
      store: store(),
      seal: seal(),
      hasher: hasher(),
      signer: signer(),
      smsCounts: smsCounts(),
    };
    const answer = await decideAndSave(wired, ref, (loaded, ports) =>
      withSheet(loaded, confirmSmsMethod(loaded, { by, code: body.code }, ports, context), context),
    );
    return isRefusal(answer) ? answer : withExpiry(answer);
  },
);
