/** Registers `<countersign-prompt>` alone. */
import { CountersignPrompt } from './prompt/prompt.ts';

if (!customElements.get('countersign-prompt')) {
  customElements.define('countersign-prompt', CountersignPrompt);
}

declare global {
  interface HTMLElementTagNameMap {
    'countersign-prompt': CountersignPrompt;
  }
}

export type { CountersignEvents, Passed } from './base/events.ts';
export { CountersignPrompt };
