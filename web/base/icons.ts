/** Icons as outlines in the colour of the text; none carries a meaning that no word says. */
import { html, svg, type TemplateResult } from 'lit';

const shapes = {
  error: svg`<circle cx="10" cy="10" r="8"/><path d="M10 5.75v5"/><path d="M10 14.1v.2"/>`,
  info: svg`<circle cx="10" cy="10" r="8"/><path d="M10 9.25v5"/><path d="M10 5.9v.2"/>`,
  warn: svg`<path d="M10 2.75 18 17H2Z"/><path d="M10 8v4"/><path d="M10 14.4v.1"/>`,
  tick: svg`<path d="m4.5 10.5 3.75 3.75 7.5-8"/>`,
  app: svg`<rect x="5.5" y="2" width="9" height="16" rx="2"/><path d="M9 15.25h2"/>`,
  mail: svg`<rect x="2" y="4" width="16" height="12" rx="2"/><path d="m2.75 5.5 7.25 5.25 7.25-5.25"/>`,
  message: svg`<path d="M4 3h12a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H9l-4 3.5V14H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2Z"/>`,
  key: svg`<circle cx="6.5" cy="13.5" r="3.75"/><path d="m9.25 10.75 7.25-7.25"/><path d="m13.5 6.5 2.75 2.75"/>`,
  list: svg`<rect x="3.5" y="2.5" width="13" height="15" rx="2"/><path d="M7 7h6M7 10h6M7 13h3.5"/>`,
  support: svg`<circle cx="10" cy="10" r="8"/><circle cx="10" cy="10" r="3.25"/><path d="m4.4 4.4 3.3 3.3m4.6 4.6 3.3 3.3m0-11.2-3.3 3.3m-4.6 4.6-3.3 3.3"/>`,
};

export type Icon = keyof typeof shapes;

export const icon = (name: Icon): TemplateResult => html`<svg class="cs-icon" viewBox="0 0 20 20" fill="none"
  stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"
  focusable="false">${shapes[name]}</svg>`;
