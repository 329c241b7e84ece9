/** The steps without a code: choosing a way, waiting, and the end of a sign-in that did not pass. */
import { html, type TemplateResult } from 'lit';
import type { OfferedMethod } from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { errorMessage } from '../base/code-field.ts';
import { emit } from '../base/events.ts';
import type { Failure } from '../base/failures.ts';
import { icon } from '../base/icons.ts';
import { actionFacts } from './action.ts';
import { iconOf, lastMethod, ltr } from './methods.ts';
import type { CountersignPrompt } from './prompt.ts';

export function chooseStep(prompt: CountersignPrompt, error: string | undefined): TemplateResult {
  return html`${prompt.subheading(prompt.text('choose.title'))}${actionFacts(prompt)}
    ${errorMessage(`${prompt.uid}-choose-error`, error, prompt.text('error.prefix'))}
    <ul class="cs-choices" aria-labelledby="${prompt.uid}-subheading">
      ${prompt.signIn?.othersThan(prompt.method).map((offered) => html`<li>${choice(prompt, offered)}</li>`)}
    </ul>
    <div>${button({ label: prompt.text('back'), onClick: () => prompt.choose(prompt.method) })}</div>`;
}

function choice(prompt: CountersignPrompt, { method, sentTo }: OfferedMethod): TemplateResult {
  const last = lastMethod() === method;
  return html`<button type="button" class="cs-choice" @click=${() => prompt.choose(method)}>
    ${icon(iconOf[method])}<span>${prompt.rich(`method.${method}`, { sentTo: ltr(sentTo) })}</span>
    ${last ? html`<span class="cs-tag">${prompt.text('choose.last')}</span>` : ''}
  </button>`;
}

export function lockedStep(prompt: CountersignPrompt, untilMs: number): TemplateResult {
  const n = Math.max(1, Math.ceil((untilMs - Date.now()) / 60_000));
  const time = prompt.time(untilMs, { timeStyle: 'short' });
  return html`${prompt.subheading(prompt.text('locked.title'))}${actionFacts(prompt)}
    <p>${prompt.rich('locked.text', { time, n })}</p>${wayOut(prompt)}`;
}

export function offStep(prompt: CountersignPrompt): TemplateResult {
  return html`${prompt.subheading(prompt.text('off.title'))}${actionFacts(prompt)}
    <p>${prompt.text('error.codes_disabled')}</p>${wayOut(prompt)}`;
}

/** The way out while codes are not taken; where recovery codes are what is locked, the other ways. */
function wayOut(prompt: CountersignPrompt): unknown {
  const isRecovery = prompt.method === 'recovery_code';
  if (!isRecovery && !prompt.signIn?.offered('recovery_code')) {
    return '';
  }
  return html`<div>${button({
    label: prompt.text(isRecovery ? 'another.method' : 'recovery.instead'),
    look: 'primary',
    wide: true,
    onClick: () => (isRecovery ? prompt.chooseAnother() : prompt.choose('recovery_code')),
  })}</div>`;
}

export function endedStep(prompt: CountersignPrompt, failure: Failure): TemplateResult {
  const isMovedOn = failure.reason === 'moved_on';
  const why = prompt.signIn?.action && !isMovedOn ? { ...failure, reason: 'step_up' } : failure;
  return html`${prompt.subheading(prompt.text(prompt.worded('ended.title')))}
    <p>${prompt.errorText(why)}</p>
    <div>${button({
      label: prompt.text(prompt.worded('ended.again')),
      look: 'primary',
      wide: true,
      onClick: () => emit(prompt, 'countersign-restart', { code: failure.code }),
    })}</div>`;
}

/** The part of the page that sets a second step up did not come. */
export function notLoadedStep(prompt: CountersignPrompt): TemplateResult {
  const onClick = () => prompt.signIn && void prompt.enrol(prompt.signIn);
  return html`${prompt.subheading(prompt.text('load.failed'))}
    <div>${button({ label: prompt.text('try.again'), look: 'primary', busy: prompt.busy, onClick })}</div>`;
}
