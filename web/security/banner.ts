/** The one banner above the card's content: what matters most comes first. */
import { html, nothing, type TemplateResult } from 'lit';
import { button } from '../base/button.ts';
import { icon } from '../base/icons.ts';
import { ownActs } from './acts.ts';
import type { CountersignSecurity } from './security.ts';

export function banner(card: CountersignSecurity): TemplateResult | typeof nothing {
  const { recoveryCodes, requiredFrom, required } = card.twoFactor ?? {};
  if (!card.isOn) {
    return required || requiredFrom ? requirement(card, requiredFrom) : nothing;
  }
  if (card.twoFactor?.proof?.enrolsWithoutProof) {
    return html`<div class="cs-banner" role="region" aria-labelledby="${card.uid}-banner">
      ${icon('info')}<p id="${card.uid}-banner">${card.text('security.banners.temporary')}</p></div>`;
  }
  if (card.hasUnsavedCodes) {
    return aboutCodes(card, card.text('security.banners.not.saved'));
  }
  if (!recoveryCodes?.low) {
    return nothing;
  }
  const n = recoveryCodes.remaining;
  return aboutCodes(card, card.text(n === 0 ? 'security.banners.low.none' : 'security.banners.low', { n }));
}

/** Whether "Regenerate recovery codes" stands in the banner, and so nowhere else. */
export const bannerRegenerates = (card: CountersignSecurity): boolean =>
  card.isOn &&
  !card.twoFactor?.proof?.enrolsWithoutProof &&
  (card.hasUnsavedCodes || card.twoFactor?.recoveryCodes?.low === true);

function requirement(card: CountersignSecurity, requiredFrom: string | undefined): TemplateResult {
  const isComing = requiredFrom !== undefined && Date.parse(requiredFrom) > Date.now();
  const date = isComing ? card.time(requiredFrom, { dateStyle: 'long' }) : '';
  const text = card.rich(isComing ? 'security.required.from' : 'security.required.off', { date });
  return html`<div class="cs-banner" role="region" aria-labelledby="${card.uid}-banner">
    ${icon('info')}<p id="${card.uid}-banner">${text}</p></div>`;
}

function aboutCodes(card: CountersignSecurity, text: string): TemplateResult {
  return html`<div class="cs-banner cs-banner-warn" role="region" aria-labelledby="${card.uid}-banner">
    ${icon('warn')}<p class="cs-strong" id="${card.uid}-banner">${text}</p>
    <p>${card.text('security.banners.advice')}</p>
    ${button({ label: card.text('security.codes.regenerate'), look: 'primary', onClick: ownActs(card).regenerate })}
  </div>`;
}
