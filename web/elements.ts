/** Registers all elements. Import it once, before the first of them is rendered. */
export type { CountersignEvents, Passed, Reauthentication } from './base/events.ts';
export { CountersignPrompt } from './prompt.ts';
