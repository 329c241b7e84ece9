/** The step that takes a code: of an app, sent, or from a list; or a passkey. */
import { html, nothing, type TemplateResult } from 'lit';
import type { SignInMethod } from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { codeField, errorMessage } from '../base/code-field.ts';
import { actionFacts, actionId } from './action.ts';
import { isFallback, ltr } from './methods.ts';
import type { CountersignPrompt } from './prompt.ts';
import type { CodeStep } from './step.ts';

export function codeStep(prompt: CountersignPrompt, step: CodeStep): TemplateResult {
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    event.stopPropagation();
    void prompt.verification.submit(event.target as HTMLFormElement, step);
  };
  const label = step.unanswered ? prompt.text('try.again') : prompt.text('code.verify');
  return html`${title(prompt)}
    <form class="cs-stack" novalidate @submit=${onSubmit}>
      ${actionFacts(prompt)}
      <div class="cs-stack-s" id="${prompt.uid}-intro">${intro(prompt, step.method)}</div>
      ${step.method === 'passkey' ? passkey(prompt, step) : field(prompt, step)}
      ${remember(prompt, step.method)}
      ${step.method === 'passkey' ? nothing : button({ label, look: 'primary', wide: true, busy: prompt.busy && !prompt.sentCode?.isSending })}
    </form>`;
}

function title(prompt: CountersignPrompt): unknown {
  if (prompt.signIn?.isMailbox) {
    return prompt.subheading(prompt.text('mailbox.title'));
  }
  return prompt.signIn?.action ? prompt.subheading(prompt.text('stepup.title')) : nothing;
}

function intro(prompt: CountersignPrompt, method: SignInMethod): unknown {
  switch (method) {
    case 'email':
    case 'sms':
      return sentIntro(prompt);
    case 'recovery_code':
      return html`<p>${prompt.text('recovery.text')}</p>`;
    case 'temporary_code':
      return html`<p>${prompt.text('temporary.text')}</p>`;
    case 'passkey':
      return html`<p>${prompt.text('passkey.text')}</p>`;
    default:
      return html`<p>${prompt.text('totp.text')}</p>`;
  }
}

function sentIntro(prompt: CountersignPrompt): unknown {
  const { sentCode } = prompt;
  const sentTo = ltr(sentCode?.sentTo);
  if (!sentCode?.isSent) {
    const key = sentCode?.hasFailed
      ? 'sent.failed'
      : prompt.signIn?.isMailbox
        ? prompt.worded('mailbox.sending')
        : 'sent.sending';
    return html`<p>${prompt.rich(key, { sentTo })}</p>`;
  }
  if (prompt.signIn?.isMailbox) {
    return html`<p>${prompt.rich(prompt.worded('mailbox.text'), { sentTo })}</p><p class="cs-hint">${prompt.text('mailbox.ahead')}</p>`;
  }
  const { expiresAtMs } = sentCode;
  return expiresAtMs === undefined
    ? html`<p>${prompt.rich('sent.text.plain', { sentTo })}</p>`
    : html`<p>${prompt.rich('sent.text', { sentTo, time: prompt.time(expiresAtMs, { timeStyle: 'short' }) })}</p>`;
}

function field(prompt: CountersignPrompt, { method, error }: CodeStep): TemplateResult {
  const submitsItself = !isFallback(method) && !prompt.signIn?.rememberDays(method);
  const hints = { recovery_code: 'recovery.hint', temporary_code: 'temporary.hint' } as const;
  const hint = hints[method as keyof typeof hints] ?? (submitsItself ? 'code.instant' : undefined);
  const labels = { recovery_code: 'recovery.label', temporary_code: 'temporary.label' } as const;
  return codeField({
    id: `${prompt.uid}-code`,
    label: prompt.text(method in labels ? labels[method as keyof typeof labels] : 'code.label'),
    kind: isFallback(method) ? 'recovery_code' : 'code',
    hint: hint && prompt.text(hint),
    error,
    errorPrefix: prompt.text('error.prefix'),
    describedBy: prompt.signIn?.action ? `${actionId(prompt)} ${prompt.uid}-intro` : `${prompt.uid}-intro`,
    onWhole: submitsItself ? () => prompt.renderRoot.querySelector('form')?.requestSubmit() : undefined,
  });
}

function passkey(prompt: CountersignPrompt, step: CodeStep): TemplateResult {
  const errorId = `${prompt.uid}-passkey-error`;
  return html`${errorMessage(errorId, step.error, prompt.text('error.prefix'))}
    ${button({
      id: `${prompt.uid}-passkey`,
      label: prompt.text(step.error ? 'try.again' : 'passkey.use'),
      look: 'primary',
      wide: true,
      busy: prompt.busy || prompt.verification.sheet.isOpen,
      describedBy: [step.error && errorId, prompt.signIn?.action && actionId(prompt), `${prompt.uid}-intro`]
        .filter(Boolean)
        .join(' '),
      onClick: () => void prompt.verification.usePasskey(step),
    })}`;
}

function remember(prompt: CountersignPrompt, method: SignInMethod): unknown {
  const n = prompt.signIn?.rememberDays(method);
  if (!n) {
    return nothing;
  }
  const id = `${prompt.uid}-remember`;
  return html`<div class="cs-check">
    <input type="checkbox" id=${id} .checked=${prompt.remember} aria-describedby="${id}-hint"
      @change=${(event: Event) => {
        prompt.remember = (event.target as HTMLInputElement).checked;
      }}>
    <label for=${id}>${prompt.text('remember', { n })}</label>
    <p class="cs-hint" id="${id}-hint">${prompt.text('remember.hint')}</p>
  </div>`;
}
