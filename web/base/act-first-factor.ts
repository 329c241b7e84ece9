/** The first factor in the dialog of a sensitive act: the password, or the provider of somebody who has none. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ActCatalogue } from '../catalogues/act.ts';
import { button } from './button.ts';
import { field } from './field.ts';
import type { SettingsElement } from './settings-element.ts';

/** `accepted`: the app has just checked it. */
export type FirstFactorState = 'ask' | 'accepted' | 'fresh';

export type FirstFactorOptions = {
  host: SettingsElement<ActCatalogue>;
  id: string;
  state: FirstFactorState;
  error: string | undefined;
  /** Leaves for the provider; the page may be gone with it. */
  onProvider: () => void;
};

export function firstFactor({
  host,
  id,
  state,
  error,
  onProvider,
}: FirstFactorOptions): TemplateResult | typeof nothing {
  if (state === 'fresh') {
    return nothing;
  }
  if (state === 'accepted') {
    return html`<p class="cs-muted">${host.text('act.accepted')}</p>`;
  }
  const { provider } = host;
  if (provider !== undefined) {
    return html`<div class="cs-stack-s"><p class="cs-hint" id="${id}-hint">${host.text('act.provider.hint', { provider })}</p>
      <div>${button({
        id,
        label: host.text('act.continue.with', { provider }),
        busy: host.busy,
        describedBy: `${id}-hint`,
        onClick: onProvider,
      })}</div></div>`;
  }
  return html`<input class="cs-visually-hidden" type="text" name="username" autocomplete="username" readonly
      tabindex="-1" aria-hidden="true" .value=${host.twoFactor?.email ?? ''}>
    ${field({
      id,
      name: 'password',
      type: 'password',
      autocomplete: 'current-password',
      label: host.text('act.password'),
      error,
      errorPrefix: host.text('error.prefix'),
    })}`;
}
