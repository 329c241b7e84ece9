/** What a step-up confirms: shown in every step, so that nobody confirms what they have not read. */
import { html, nothing, type TemplateResult } from 'lit';
import type { CountersignPrompt } from './prompt.ts';

/** The id by which a field is described by the act. */
export const actionId = (prompt: CountersignPrompt): string => `${prompt.uid}-action`;

/** The details as the app named them, and what to do about an act that one knows nothing of. Nothing for a sign-in. */
export function actionFacts(prompt: CountersignPrompt): TemplateResult | typeof nothing {
  const action = prompt.signIn?.action;
  if (!action) {
    return nothing;
  }
  const details = Object.entries(action.details ?? {});
  return html`<div class="cs-stack-s" id=${actionId(prompt)}>
    ${
      details.length === 0
        ? nothing
        : html`<dl class="cs-facts">${details.map(
            ([name, value]) => html`<dt><bdi>${name}</bdi></dt><dd><bdi>${value}</bdi></dd>`,
          )}</dl>`
    }<p>${prompt.text('stepup.stop')}</p></div>`;
}
