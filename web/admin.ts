/** Registers `<countersign-admin>` alone. */
import { CountersignAdmin } from './admin/admin.ts';

if (!customElements.get('countersign-admin')) {
  customElements.define('countersign-admin', CountersignAdmin);
}

declare global {
  interface HTMLElementTagNameMap {
    'countersign-admin': CountersignAdmin;
  }
}

export type { CountersignEvents, Reauthentication } from './base/events.ts';
export type { Reauthenticate } from './base/settings-element.ts';
export { CountersignAdmin };
