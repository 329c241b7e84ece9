/** The ways to sign in that are on, the ones that may be turned on, and the recovery codes. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Method, TwoFactor } from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { icon } from '../base/icons.ts';
import { canUsePasskeys } from '../base/passkey.ts';
import { isLastFactor, type OwnActs } from './acts.ts';
import { bannerRegenerates } from './banner.ts';
import { firstChoice } from './first-choice.ts';
import type { CountersignSecurity } from './security.ts';

type Authenticator = TwoFactor['authenticators'][number];

const maxEach = 5;

export function waysToSignIn(card: CountersignSecurity, acts: OwnActs): TemplateResult {
  const { authenticators, passkeys = [], required } = card.twoFactor as TwoFactor;
  const isKept = required && isLastFactor(card);
  return html`<section class="cs-stack-s" aria-labelledby="${card.uid}-ways">
      ${card.heading(card.text('security.ways.title'), 'cs-section-heading', 'ways', 1)}
      <ul class="cs-list">
        ${passkeys.map((passkey) => thingRow(card, passkey, 'key', isKept ? undefined : () => acts.removePasskey(passkey)))}
        ${authenticators.map((app) => thingRow(card, app, 'app', isKept ? undefined : () => acts.removeApp(app)))}
        ${methodRow(card, 'email', acts.turnEmailOn, isKept ? undefined : acts.turnEmailOff)}
        ${methodRow(card, 'sms', acts.turnSmsOn, isKept ? undefined : acts.turnSmsOff)}
      </ul>
      ${isKept ? html`<p class="cs-hint">${card.text('security.ways.last.one')}</p>` : nothing}
      ${adding(card, acts)}
      ${firstChoice(card)}
    </section>
    ${recoveryCodes(card, acts)}`;
}

/** Whether the account and this browser let it be turned on; an API that does not say so leaves it to the attempt. */
export function isAvailable({ twoFactor }: CountersignSecurity, method: Method): boolean {
  const isAllowed = (twoFactor?.availableMethods ?? ['totp', 'email']).includes(method);
  return isAllowed && (method !== 'passkey' || canUsePasskeys());
}

function adding(card: CountersignSecurity, { addApp, addPasskey }: OwnActs): unknown {
  const { authenticators, passkeys = [] } = card.twoFactor as TwoFactor;
  const add = (count: number, what: 'app' | 'passkey', onClick: () => void) =>
    count < maxEach
      ? button({
          label: card.text(count === 0 ? `security.ways.add.${what}.none` : `security.ways.add.${what}`),
          onClick,
        })
      : nothing;
  return html`<div class="cs-actions">
    ${isAvailable(card, 'passkey') ? add(passkeys.length, 'passkey', addPasskey) : nothing}
    ${isAvailable(card, 'totp') ? add(authenticators.length, 'app', addApp) : nothing}</div>`;
}

function named(
  card: CountersignSecurity,
  { id, label, createdAt, lastUsedAt, imported, weak }: Authenticator,
  shape: 'app' | 'key',
) {
  const on = (at: string) => card.time(at, { dateStyle: 'medium' });
  const used = lastUsedAt
    ? card.rich('security.ways.last.used', { date: on(lastUsedAt) })
    : card.text('security.ways.never.used');
  return html`<div class="cs-thing">${icon(shape)}<div>
    <span class="cs-strong" id="${card.uid}-${id}"><bdi>${label}</bdi></span>
    <span class="cs-hint cs-facts-line"><span>${card.rich('security.ways.added', { date: on(createdAt) })}</span><span>${used}</span>${
      imported ? html`<span>${card.text('security.ways.imported')}</span>` : nothing
    }${weak ? html`<span>${card.text('security.ways.weak')}</span>` : nothing}</span>
  </div></div>`;
}

function thingRow(
  card: CountersignSecurity,
  thing: Authenticator,
  shape: 'app' | 'key',
  onRemove: (() => void) | undefined,
): TemplateResult {
  return html`<li>${named(card, thing, shape)}${
    onRemove
      ? button({
          label: card.text('security.ways.remove'),
          describedBy: `${card.uid}-${thing.id}`,
          onClick: onRemove,
        })
      : nothing
  }</li>`;
}

function methodRow(
  card: CountersignSecurity,
  method: 'email' | 'sms',
  turnOn: () => void,
  turnOff: (() => void) | undefined,
): unknown {
  const on = card.twoFactor?.methods.find((one) => one.method === method);
  if (!on && !isAvailable(card, method)) {
    return nothing;
  }
  const id = `${card.uid}-${method}`;
  const sentTo = html`<bdi dir="ltr">${on?.sentTo}</bdi>`;
  const name = on
    ? card.rich(`security.ways.${method}.to`, { sentTo })
    : card.text(`security.ways.${method}`);
  const change = on
    ? { label: card.text('security.ways.turn.off'), onClick: turnOff }
    : { label: card.text('security.ways.turn.on'), onClick: turnOn };
  return html`<li><div class="cs-thing ${on ? '' : 'cs-thing-off'}">${icon(method === 'email' ? 'mail' : 'message')}<div>
      <span class="cs-strong" id=${id}>${name}</span>
      ${on ? nothing : html`<span class="cs-hint cs-facts-line">${card.text(`security.ways.${method}.offer`)}</span>`}
    </div></div>${change.onClick ? button({ ...change, describedBy: id }) : nothing}</li>`;
}

function recoveryCodes(card: CountersignSecurity, { regenerate }: OwnActs): unknown {
  const codes = card.twoFactor?.recoveryCodes;
  if (!codes) {
    return nothing;
  }
  const date = card.time(codes.generatedAt, { dateStyle: 'medium' });
  return html`<section class="cs-stack-s" aria-labelledby="${card.uid}-codes">
    ${card.heading(card.text('security.codes.title'), 'cs-section-heading', 'codes', 1)}
    <ul class="cs-list"><li><div class="cs-thing">${icon('list')}<div>
      ${card.rich('security.codes.left', { remaining: codes.remaining, date })}</div></div>
      ${bannerRegenerates(card) ? nothing : button({ label: card.text('security.codes.regenerate'), onClick: regenerate })}
    </li></ul></section>`;
}
