/** What stands below a step, always in the same order and place: another code, other ways, help. */
import { html, nothing, type TemplateResult } from 'lit';
import type { SignInMethod } from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { isSent, ltr } from './methods.ts';
import type { CountersignPrompt } from './prompt.ts';

/** None once the sign-in has ended or nothing is asked any more. */
export function links(prompt: CountersignPrompt): TemplateResult | typeof nothing {
  const { step, signIn } = prompt;
  if (!step || !signIn || step.at === 'ended') {
    return nothing;
  }
  const method = step.at === 'code' ? step.method : undefined;
  return html`<div class="cs-links">
    ${method && isSent(method) ? prompt.sentCode?.view() : nothing}
    ${method ? otherWays(prompt, method) : nothing}
    ${help(prompt, method)}
  </div>`;
}

function otherWays(prompt: CountersignPrompt, method: SignInMethod): unknown {
  const others = prompt.signIn?.othersThan(method) ?? [];
  const canRecover = others.some((other) => other.method === 'recovery_code');
  const hasThirdWay = others.some((other) => other.method !== 'recovery_code');
  return html`${
    canRecover
      ? button({
          label: prompt.text('recovery.instead'),
          look: 'link',
          waiting: prompt.busy,
          onClick: () => prompt.choose('recovery_code'),
        })
      : nothing
  }${
    hasThirdWay
      ? button({
          label: prompt.text('another.method'),
          look: 'link',
          waiting: prompt.busy,
          onClick: () => prompt.chooseAnother(),
        })
      : nothing
  }`;
}

function help(prompt: CountersignPrompt, method: SignInMethod | undefined): TemplateResult {
  const id = `${prompt.uid}-help`;
  const isOpen = prompt.helpIsOpen;
  return html`${button({
    label: prompt.text('help.open'),
    look: 'link',
    expanded: isOpen,
    controls: id,
    onClick: () => {
      prompt.helpIsOpen = !isOpen;
    },
  })}
    <div class="cs-help" id=${id} ?hidden=${!isOpen}>${hint(prompt, method)}
      <p>${prompt.text('help.contact')}</p></div>`;
}

function hint(prompt: CountersignPrompt, method: SignInMethod | undefined): unknown {
  if (method && !isSent(method)) {
    return html`<p>${prompt.text(`help.${method}`)}</p>`;
  }
  return method
    ? html`<p>${prompt.rich(`help.${method}`, { sentTo: ltr(prompt.sentCode?.sentTo) })}</p>`
    : nothing;
}
