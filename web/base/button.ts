/** Buttons. None is ever `disabled`: it would lose the focus, and password managers fill a disabled form for ever. */
import { html, nothing, type TemplateResult } from 'lit';

export type ButtonOptions = {
  label: string;
  look?: 'primary' | 'secondary' | 'danger' | 'quiet-danger' | 'link';
  /** Without it the button submits its form. */
  onClick?: ((event: Event) => void) | undefined;
  /** Its call is under way: a spinner, and `aria-disabled`. */
  busy?: boolean;
  /** Cannot be used at present, and a text beside it says why. */
  waiting?: boolean;
  describedBy?: string | undefined;
  expanded?: boolean;
  controls?: string;
  id?: string;
  wide?: boolean;
};

const classes = (look: NonNullable<ButtonOptions['look']>, wide: boolean): string =>
  [look === 'link' ? 'cs-link-button' : `cs-button cs-button-${look}`, wide ? 'cs-button-wide' : '']
    .join(' ')
    .trim();

export function button(options: ButtonOptions): TemplateResult {
  const { label, look = 'secondary', onClick, busy = false, waiting = false, wide = false } = options;
  const click = (event: Event) => {
    if (!busy && !waiting) {
      onClick?.(event);
    }
  };
  return html`<button class=${classes(look, wide)} type=${onClick ? 'button' : 'submit'} id=${options.id ?? nothing}
    aria-disabled=${busy || waiting ? 'true' : nothing} aria-describedby=${options.describedBy ?? nothing}
    aria-expanded=${options.expanded ?? nothing} aria-controls=${options.controls ?? nothing}
    @click=${click}>${busy ? html`<span class="cs-spinner"></span>` : nothing}${label}</button>`;
}
