/** The events by which the elements speak to the page around them. All bubble, also out of a shadow root. */

/** A sign-in that is complete. With `redirectTo` (a challenge made with `returnTo`) there is no token: go there. */
export type Passed = {
  token?: string;
  /** Keep it in an HttpOnly cookie of your own; it stands for the second factor on this device. */
  deviceToken?: string;
  secondFactor: string;
  recoveryCodesRemaining?: number;
  redirectTo?: string;
};

/** A person must confirm again who they are. Answer by `respondWith`; without an answer the dialog stays as it is. */
export type Reauthentication = {
  /** What was typed as password, or undefined for someone who signs in with a provider. */
  password?: string;
  /**
   * `true` once the app has minted a user token with a fresh `reauthenticatedAt` (the element asks `userToken` for it),
   * `false` for a wrong password.
   */
  respondWith(answer: Promise<boolean> | boolean): void;
};

export type CountersignEvents = {
  'countersign-passed': Passed;
  /** The sign-in has ended: take the person back to the first step. `code` says why. */
  'countersign-restart': { code: string };
  /** One's own two-factor authentication, or with the admin element the account's, is another than before. */
  'countersign-changed': { what: string };
  'countersign-reauthenticate': Reauthentication;
};

type EventMap = { [Type in keyof CountersignEvents]: CustomEvent<CountersignEvents[Type]> };

declare global {
  interface HTMLElementEventMap extends EventMap {}
}

/** Dispatches an event on an element; false where a listener called `preventDefault()`. */
export function emit<Type extends keyof CountersignEvents>(
  element: HTMLElement,
  type: Type,
  detail: CountersignEvents[Type],
): boolean {
  const event = new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable: true });
  return element.dispatchEvent(event);
}
