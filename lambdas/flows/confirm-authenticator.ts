import { isRefusal } from '../core/refusal.ts';
import { confirmAuthenticator } from '../core/settings/confirm-authenticator.ts';
import { asEnroller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { withExpiry } from '../edge/http/times.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { withSheet } from '../edge/run/recovery-sheet.ts';
import { hasher, seal, secrets, signer, store } from '../edge/setup/wiring.ts';

/** POST /v1/me/authenticators/{id}/confirm: two-factor is on from here; inside a sign-in, this completes it. */
export const handler = handle(
  'confirm-authenticator',
  asEnroller(seal),
  async ({ body, path, context }, { by, ref }) => {
    const wired = { store: store(), secrets: secrets(), hasher: hasher(), signer: signer() };
    const command = { by, authenticatorId: path.id, code: body.code };
    const answer = await decideAndSave(wired, ref, (loaded, ports) =>
      withSheet(loaded, confirmAuthenticator(loaded, command, ports, context), context),
    );
    return isRefusal(answer) ? answer : withExpiry(answer);
  },
);
