/** Registers `<countersign-security>` alone. */
import { CountersignSecurity } from './security/security.ts';

if (!customElements.get('countersign-security')) {
  customElements.define('countersign-security', CountersignSecurity);
}

declare global {
  interface HTMLElementTagNameMap {
    'countersign-security': CountersignSecurity;
  }
}

export type { CountersignEvents, Reauthentication } from './base/events.ts';
export type { Reauthenticate } from './base/settings-element.ts';
export { CountersignSecurity };
