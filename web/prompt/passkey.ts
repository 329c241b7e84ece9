/** Where passkeys plug in. Without a ceremony the prompt does not offer them. */
import type { PasskeyAssertion } from '../../client/browser.ts';

/** Opens the browser's sheet for WebAuthn request options in JSON, and answers the assertion in JSON. */
export type PasskeyCeremony = (options: object) => Promise<PasskeyAssertion>;

let ceremony: PasskeyCeremony | undefined;

/** Lets the prompt use passkeys; call it before a sign-in is shown. `undefined` takes them away again. */
export function usePasskeys(assert: PasskeyCeremony | undefined): void {
  ceremony = assert;
}

export const canUsePasskeys = (): boolean => ceremony !== undefined;

/** Must be called in the click itself, with nothing awaited before: browsers require the gesture. */
export const assertPasskey: PasskeyCeremony = (options) =>
  ceremony ? ceremony(options) : Promise.reject(new Error('Passkeys are not set up on this page.'));
