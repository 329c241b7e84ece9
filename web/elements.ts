/** Registers all elements. Import it once, before the first of them is rendered. */
export { CountersignAdmin } from './admin.ts';
export type { CountersignEvents, Passed, Reauthentication } from './base/events.ts';
export type { Reauthenticate } from './base/settings-element.ts';
export { CountersignPrompt } from './prompt.ts';
export { CountersignSecurity } from './security.ts';
