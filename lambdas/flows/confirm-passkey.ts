import { isRefusal } from '../core/refusal.ts';
import { confirmPasskey } from '../core/settings/confirm-passkey.ts';
import { asEnroller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { withExpiry } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { withSheet } from '../edge/run/recovery-sheet.ts';
import { hasher, registrations, seal, signer, store } from '../edge/setup/wiring.ts';

/** POST /v1/me/passkeys/{id}/confirm: the passkey is on; inside a sign-in, this completes it. */
export const handler = handle(
  'confirm-passkey',
  asEnroller(seal),
  async ({ body, path, context }, { by, ref }) => {
    const wired = { store: store(), registrations: registrations(), hasher: hasher(), signer: signer() };
    const command = { by, passkeyId: path.id, ...body };
    const answer = await decideAndSave(wired, ref, (loaded, ports) =>
      withSheet(loaded, confirmPasskey(loaded, command, ports, context), context),
    );
    return isRefusal(answer) ? answer : withExpiry(answer);
  },
);
