/** The devices that are not asked for a code. Removing one asks nothing: it only makes things safer. */
import { html, nothing, type TemplateResult } from 'lit';
import type { TrustedDevice } from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { emit } from '../base/events.ts';
import { icon } from '../base/icons.ts';
import { isSignedOut } from '../base/settings-element.ts';
import type { CountersignSecurity } from './security.ts';

export function rememberedDevices(card: CountersignSecurity): TemplateResult {
  const { devices } = card;
  return html`<section class="cs-stack-s" aria-labelledby="${card.uid}-devices">
    ${card.heading(card.text('security.devices.title'), 'cs-section-heading', 'devices', 1)}
    ${
      devices.length === 0
        ? html`<p class="cs-muted">${card.text('security.devices.none')}</p>`
        : html`<ul class="cs-list">${devices.map((device, index) => row(card, device, index))}</ul>`
    }
    ${
      devices.length > 1
        ? html`<div>${button({
            label: card.text('security.devices.remove.all'),
            busy: card.busy,
            onClick: () => void removeAll(card),
          })}</div>`
        : nothing
    }
  </section>`;
}

function row(card: CountersignSecurity, device: TrustedDevice, index: number): TemplateResult {
  const date = (at: string) => card.time(at, { dateStyle: 'medium' });
  const { id, label, createdAt, lastSeenAt, expiresAt } = device;
  return html`<li><div class="cs-thing">${icon('app')}<div>
      <span class="cs-strong" id="${card.uid}-${id}"><bdi>${label}</bdi></span>
      <span class="cs-hint cs-facts-line"><span>${card.rich('security.devices.added', { date: date(createdAt) })}</span>
        <span>${card.rich('security.devices.last.seen', { date: date(lastSeenAt) })}</span>
        <span>${card.rich('security.devices.until', { date: date(expiresAt) })}</span></span>
    </div></div>
    ${button({
      id: `${card.uid}-device-${index}`,
      label: card.text('security.devices.remove'),
      describedBy: `${card.uid}-${id}`,
      busy: card.busy,
      onClick: () => void remove(card, device, index),
    })}</li>`;
}

async function remove(card: CountersignSecurity, { id, label }: TrustedDevice, index: number): Promise<void> {
  const next = index < card.devices.length - 1 ? index : index - 1;
  const focus = next < 0 ? `#${card.uid}-devices` : `#${card.uid}-device-${next}`;
  await revoke(
    card,
    () => card.client.revokeTrustedDevice(id),
    focus,
    card.text('security.devices.removed', { label }),
  );
}

const removeAll = (card: CountersignSecurity): Promise<void> =>
  revoke(
    card,
    () => card.client.revokeTrustedDevices(),
    `#${card.uid}-devices`,
    card.text('security.devices.all.removed'),
  );

async function revoke(
  card: CountersignSecurity,
  work: () => Promise<void>,
  focus: string,
  news: string,
): Promise<void> {
  const result = await card.run(work);
  if ('failure' in result && result.failure.code !== 'not_found') {
    if (isSignedOut(result.failure)) {
      card.endSession(result.failure);
    } else {
      card.say(card.errorText(result.failure));
    }
    return;
  }
  emit(card, 'countersign-changed', { what: 'trusted_devices' });
  await card.load();
  card.focusNext(focus);
  await card.updateComplete;
  card.say(news);
}
