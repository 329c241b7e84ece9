/** Registers the elements. Import it once, before the first of them is rendered. */
import { CountersignPrompt } from './prompt/prompt.ts';

customElements.define('countersign-prompt', CountersignPrompt);

declare global {
  interface HTMLElementTagNameMap {
    'countersign-prompt': CountersignPrompt;
  }
}

export type { CountersignEvents, Passed, Reauthentication } from './base/events.ts';
export { CountersignPrompt };
