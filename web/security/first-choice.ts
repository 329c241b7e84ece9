/** Which way a sign-in begins with, where somebody has more than one: their own choice, or what they used last. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Method, OfferedMethod } from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { emit } from '../base/events.ts';
import { isSignedOut } from '../base/settings-element.ts';
import type { CountersignSecurity } from './security.ts';

type OwnMethod = OfferedMethod & { method: Method };

const ownMethods = ({ twoFactor }: CountersignSecurity): OwnMethod[] =>
  (twoFactor?.methods ?? []).filter(
    (offered): offered is OwnMethod =>
      offered.method !== 'recovery_code' && offered.method !== 'temporary_code',
  );

/** Nothing for somebody with a single way, nor for an API that keeps no choice. */
export function firstChoice(card: CountersignSecurity): TemplateResult | typeof nothing {
  const own = ownMethods(card);
  const chosen = card.twoFactor?.defaultMethod;
  if (own.length < 2 || chosen === undefined) {
    return nothing;
  }
  const id = `${card.uid}-first-choice`;
  const option = (value: string, text: string) =>
    html`<option value=${value} .selected=${value === (chosen ?? '')}>${text}</option>`;
  return html`<form class="cs-filter" novalidate @submit=${(event: SubmitEvent) => void save(card, event)}>
    <div class="cs-field cs-grow"><label class="cs-label" for=${id}>${card.text('security.first.label')}</label>
      <p class="cs-hint" id="${id}-hint">${card.text('security.first.hint')}</p>
      <select class="cs-input" id=${id} name="method" aria-describedby="${id}-hint">
        ${option('', card.text('security.first.last.used'))}
        ${own.map(({ method, sentTo }) => option(method, card.text(`method.${method}`, { sentTo })))}
      </select></div>
    ${button({ label: card.text('security.first.save'), busy: card.busy })}
  </form>`;
}

async function save(card: CountersignSecurity, event: SubmitEvent): Promise<void> {
  event.preventDefault();
  const chosen = String(new FormData(event.target as HTMLFormElement).get('method'));
  const defaultMethod = chosen === '' ? null : (chosen as Method);
  const result = await card.run(() => card.client.setDefaultMethod({ defaultMethod }));
  if ('answer' in result) {
    emit(card, 'countersign-changed', { what: 'default_method' });
    await card.load();
    card.say(card.text('security.first.saved'));
  } else if (isSignedOut(result.failure)) {
    card.endSession(result.failure);
  } else {
    card.say(card.errorText(result.failure));
  }
}
