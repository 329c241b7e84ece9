/** One-line fields, choices, and the summary of what is wrong in a form with several of them. */
import { html, nothing, type TemplateResult } from 'lit';
import { errorMessage } from './code-field.ts';
import { icon } from './icons.ts';

export type FieldOptions = {
  id: string;
  name: string;
  label: string;
  hint?: string | undefined;
  /** The error in words, with "Error:" for those who hear it. */
  error?: string | undefined;
  errorPrefix: string;
  type?: 'text' | 'password' | 'tel' | 'search' | 'number' | 'date' | 'datetime-local';
  autocomplete?: string;
  inputmode?: string;
  /** What stands in it at first; it keeps what was typed over a re-render. */
  value?: string;
  min?: string;
  max?: string;
  /** Ids of what else describes the field. */
  describedBy?: string | undefined;
  className?: string;
  onInput?: (event: Event) => void;
};

/** Label, hint, error and input, in this order. */
export function field(options: FieldOptions): TemplateResult {
  const { id, label, hint, error, errorPrefix, describedBy, className = '' } = options;
  const described = [error && `${id}-error`, hint && `${id}-hint`, describedBy].filter(Boolean).join(' ');
  return html`<div class="cs-field ${className}">
    <label class="cs-label" for=${id}>${label}</label>
    ${hint ? html`<p class="cs-hint" id="${id}-hint">${hint}</p>` : nothing}
    ${errorMessage(`${id}-error`, error, errorPrefix)}
    <input class="cs-input" id=${id} name=${options.name} type=${options.type ?? 'text'} value=${options.value ?? nothing}
      autocomplete=${options.autocomplete ?? 'off'} inputmode=${options.inputmode ?? nothing}
      min=${options.min ?? nothing} max=${options.max ?? nothing}
      aria-invalid=${error ? 'true' : nothing} aria-describedby=${described || nothing}
      @input=${options.onInput ?? nothing}></div>`;
}

export type FieldError = { fieldId: string; text: string };

/** "There is a problem", with a link to each field. Give it the focus after it is rendered. */
export function errorSummary(
  id: string,
  title: string,
  errors: readonly FieldError[],
): TemplateResult | typeof nothing {
  if (errors.length === 0) {
    return nothing;
  }
  return html`<div class="cs-banner cs-banner-danger" id=${id} role="group" aria-labelledby="${id}-title" tabindex="-1">
    ${icon('error')}<p class="cs-strong" id="${id}-title">${title}</p>
    <ul class="cs-problems">${errors.map(
      ({ fieldId, text }) => html`<li><a href="#${fieldId}" @click=${toField}>${text}</a></li>`,
    )}</ul></div>`;
}

/** Moves the focus without touching the page's address, which may be the app's router's. */
function toField(event: Event): void {
  event.preventDefault();
  const { hash } = event.currentTarget as HTMLAnchorElement;
  const root = (event.currentTarget as HTMLElement).closest('.cs-body');
  root?.querySelector<HTMLElement>(`#${CSS.escape(hash.slice(1))}`)?.focus();
}
