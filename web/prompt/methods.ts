/** The ways to sign in: their names, their icons, and which one to begin with. */
import { html } from 'lit';
import type { OfferedMethod, SignInMethod } from '../../client/browser.ts';
import type { Icon } from '../base/icons.ts';
import { canUsePasskeys } from '../base/passkey.ts';

export const iconOf: Record<SignInMethod, Icon> = {
  passkey: 'key',
  totp: 'app',
  email: 'mail',
  sms: 'message',
  recovery_code: 'list',
  temporary_code: 'support',
};

/** Whether a code of this method is sent when it is chosen. */
export const isSent = (method: SignInMethod): method is 'email' | 'sms' =>
  method === 'email' || method === 'sms';

/** Whether a code of this method comes from a list or from support: 16 or 10 letters and numbers, and no trust. */
export const isFallback = (method: SignInMethod): boolean =>
  method === 'recovery_code' || method === 'temporary_code';

/** What this browser can do of what the API offers. */
export const usable = (methods: readonly OfferedMethod[]): OfferedMethod[] =>
  methods.filter(({ method }) => method !== 'passkey' || canUsePasskeys());

/** Where to begin: with the API's choice, which is the person's own, or the best that this browser can do. */
export const firstMethod = (methods: readonly OfferedMethod[]): SignInMethod | undefined =>
  (methods.find((offered) => offered.default) ?? methods[0])?.method;

const storageKey = 'countersign:last-method';

/** The method by which somebody last signed in on this device; nothing about the person. */
export function lastMethod(): string | undefined {
  try {
    return localStorage.getItem(storageKey) ?? undefined;
  } catch {
    return undefined;
  }
}

export function rememberMethod(method: string): void {
  try {
    localStorage.setItem(storageKey, method);
  } catch {
    // Storage may be blocked; then the API's choice comes first every time.
  }
}

/** An address, number or code: left to right in every language. */
export const ltr = (text: string | undefined) => html`<bdi dir="ltr">${text}</bdi>`;
