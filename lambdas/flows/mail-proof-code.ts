import type { Context } from '../core/decision.ts';
import { isRefusal } from '../core/refusal.ts';
import { mailProofCode } from '../core/settings/mail-proof-code.ts';
import { startPasskeyProof } from '../core/settings/start-passkey-proof.ts';
import type { SentMethod } from '../core/state/methods.ts';
import type { UserTokenClaims } from '../core/state/user-token-claims.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle, OtherSuccess } from '../edge/http/handler.ts';
import { withExpiry } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { sendDecidedCode, sentAnswer } from '../edge/run/send-code.ts';
import { mailer, sealThatCreates, sms, store } from '../edge/setup/wiring.ts';

/** POST /v1/me/codes: mails or texts a code to use as proof, or answers what a passkey is to sign. */
export const handler = handle('mail-proof-code', asUser, ({ body: { method }, context }, token) =>
  method === 'passkey' ? signatureWanted(token, context) : codeSent(method, token, context),
);

async function signatureWanted(token: UserTokenClaims, context: Context) {
  const started = await decideAndSave({ store: store() }, token, (loaded, ports) =>
    startPasskeyProof(loaded, { token }, ports, context),
  );
  return isRefusal(started) ? started : new OtherSuccess(withExpiry(started));
}

async function codeSent(method: SentMethod, token: UserTokenClaims, context: Context) {
  const wired = { store: store(), seal: sealThatCreates(), mailer: mailer(), sms: sms() };
  const within = { ...context, sms: wired.sms };
  const sent = await sendDecidedCode(wired, token, 'proof', within, (loaded, ports) =>
    mailProofCode(loaded, { token, method }, ports, within),
  );
  return sentAnswer(sent);
}
