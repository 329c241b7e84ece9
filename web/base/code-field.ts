/** The one input for a code: what it looks like to password managers, and when a code is checked without a click. */
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from './icons.ts';

export type CodeFieldOptions = {
  id: string;
  label: string;
  kind: 'code' | 'recovery_code';
  hint?: unknown;
  /** The error in words, with "Error: " for those who hear it. */
  error?: string | undefined;
  errorPrefix: string;
  /** Ids of what else describes the field. */
  describedBy?: string;
  /** What a pasted or filled code does; absent where nothing may submit by itself. */
  onWhole?: (() => void) | undefined;
};

/** A code as the API wants it: blanks, hyphens and dashes of any kind taken out. */
export const plainCode = (typed: string): string =>
  typed.normalize('NFKC').replace(/[\s\p{Pd}\p{Cf}\u2212]+/gu, '');

export const isSixDigits = (code: string): boolean => /^\d{6}$/.test(code);
/** 16 characters of Crockford's base32; its readers take I, L and O for digits, U for none. */
export const isRecoveryCode = (code: string): boolean => /^[0-9a-tv-z]{16}$/i.test(code);

const alreadyChecked = new WeakMap<HTMLInputElement, string>();

/**
 * Calls `onWhole` when a paste or a password manager has left six digits, once per code. Typing never does, nor does a
 * bulk `insertText`, by which dictation and test drivers write: the browser's own fill shows by `:autofill`, a frame later.
 */
function watchFill({ inputType }: InputEvent, input: HTMLInputElement, onWhole: () => void): void {
  const submitOnce = () => {
    const code = plainCode(input.value);
    if (isSixDigits(code) && alreadyChecked.get(input) !== code) {
      alreadyChecked.set(input, code);
      onWhole();
    }
  };
  if (inputType === undefined || inputType === 'insertFromPaste') {
    submitOnce();
  } else {
    requestAnimationFrame(() => input.matches(':autofill') && submitOnce());
  }
}

/** Label, hint, error and input, in this order. The input keeps its text over a re-render; read it from the form. */
export function codeField(options: CodeFieldOptions): TemplateResult {
  const { id, label, kind, hint, error, errorPrefix, describedBy, onWhole } = options;
  const isCode = kind === 'code';
  const described = [error && `${id}-error`, hint && `${id}-hint`, describedBy].filter(Boolean).join(' ');
  return html`<div class="cs-field">
    <label class="cs-label" for=${id}>${label}</label>
    ${hint ? html`<p class="cs-hint" id="${id}-hint">${hint}</p>` : nothing}
    ${errorMessage(`${id}-error`, error, errorPrefix)}
    <input class="cs-input cs-code ${isCode ? '' : 'cs-recovery-code'}" id=${id} name=${isCode ? 'code' : 'recovery-code'}
      type="text" inputmode=${isCode ? 'numeric' : 'text'} autocomplete=${isCode ? 'one-time-code' : 'off'}
      autocapitalize="off" autocorrect="off" spellcheck="false" enterkeyhint="done" dir="ltr"
      aria-invalid=${error ? 'true' : nothing} aria-describedby=${described || nothing}
      @input=${onWhole ? (event: InputEvent) => watchFill(event, event.target as HTMLInputElement, onWhole) : nothing}
    ></div>`;
}

/** An error at its field: an icon, a word for those who hear it, and the sentence. */
export function errorMessage(
  id: string,
  error: string | undefined,
  prefix: string,
): TemplateResult | typeof nothing {
  return error
    ? html`<p class="cs-error" id=${id}>${icon('error')}<span><span class="cs-visually-hidden">${prefix} </span>${error}</span></p>`
    : nothing;
}
