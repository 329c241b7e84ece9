/** The dialog that shows what a change of the rules would do, and takes the code that was mailed to confirm it. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ListedUser, Policy, PolicyEdit, ProposedPolicy } from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { codeField, isSixDigits, plainCode } from '../base/code-field.ts';
import { dialog } from '../base/dialog.ts';
import type { Failure } from '../base/failures.ts';
import { icon } from '../base/icons.ts';
import { SentCode } from '../base/sent-code.ts';
import { isSignedOut } from '../base/settings-element.ts';
import type { CountersignAdmin } from './admin.ts';

export type MailedCodeOptions = {
  onConfirmed: (policy: Policy) => void;
  /** The proposal is worth nothing any more. */
  onEnded: (failure: Failure) => void;
  /** Throws `proof_required` or `reauthentication_required` where more must be asked first. */
  proposeAgain: () => Promise<ProposedPolicy>;
  askAgain: () => void;
};

const wantsProof = ['proof_required', 'reauthentication_required'];
const endsChange = ['change_expired', 'policy_version_conflict', 'not_found', 'forbidden'];
const knownWarnings = [
  'enforcement_off',
  'enforcement_postponed',
  'method_off',
  'devices_on',
  'bypass_on',
  'passkey_alone',
] as const;

export class MailedCode {
  readonly #host: CountersignAdmin;
  readonly #options: MailedCodeOptions;
  #sentCode: SentCode | undefined;
  #proposed: ProposedPolicy | undefined;
  #isRequired = false;
  #people: ListedUser[] = [];
  #nextCursor: string | null = null;
  #error: string | undefined;
  #isOpen = false;

  constructor(host: CountersignAdmin, options: MailedCodeOptions) {
    this.#host = host;
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  take(proposed: ProposedPolicy, edit: PolicyEdit): void {
    this.#proposed = proposed;
    this.#isRequired = (edit.mode ?? this.#host.policyForm.policy?.mode) === 'required';
    this.#people = proposed.impact.data;
    this.#nextCursor = proposed.impact.nextCursor;
  }

  show(): void {
    this.#isOpen = true;
    this.#error = undefined;
    this.#takeSent();
    this.#host.focusNext(`#${this.#host.uid}-impact-title`);
  }

  #close = (): void => {
    this.#isOpen = false;
    this.#host.requestUpdate();
  };

  readonly #onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const code = plainCode(String(new FormData(event.target as HTMLFormElement).get('code')));
    if (!isSixDigits(code)) {
      this.#fail(this.#host.text(code === '' ? 'code.empty' : 'code.short'));
    } else if (!this.#host.busy) {
      void this.#confirm(code);
    }
  };

  async #confirm(code: string): Promise<void> {
    const host = this.#host;
    const changeId = this.#proposed?.changeId ?? '';
    const result = await host.run(() => host.client.confirmPolicy(changeId, { code }));
    if ('answer' in result) {
      this.#close();
      this.#options.onConfirmed(result.answer.policy);
    } else {
      this.#refused(result.failure);
    }
  }

  #refused(failure: Failure): void {
    const host = this.#host;
    if (isSignedOut(failure)) {
      this.#close();
      host.endSession(failure);
    } else if (endsChange.includes(failure.code)) {
      this.#close();
      this.#options.onEnded(failure);
    } else {
      const time = host.timeText(Date.now() + (failure.retryAfterSeconds ?? 60) * 1000, {
        timeStyle: 'short',
      });
      const triesLeft = failure.attemptsRemaining ?? Number.POSITIVE_INFINITY;
      const tries = triesLeft > 2 ? '' : ` ${host.text('code.tries', { n: triesLeft })}`;
      this.#fail(host.errorText(failure, ['sent'], { time }) + tries);
    }
  }

  #fail(error: string): void {
    this.#error = error;
    this.#host.focusNext(`#${this.#host.uid}-mailed-code`);
  }

  /** Proposing again is what sends another code; where that needs a new proof, the dialog before this one opens. */
  #takeSent(): void {
    const proposed = this.#proposed as ProposedPolicy;
    this.#sentCode?.end();
    this.#sentCode = new SentCode(this.#host, {
      send: async () => {
        const again = await this.#options.proposeAgain();
        return { ...again, resendAvailableAt: again.resendAvailableAt ?? again.expiresAt };
      },
      onFailure: (failure) => {
        const isTaken = wantsProof.includes(failure.code);
        if (isTaken) {
          this.#close();
          this.#options.askAgain();
        }
        return isTaken;
      },
    });
    void this.#sentCode.begin({
      ...proposed,
      resendAvailableAt: proposed.resendAvailableAt ?? proposed.expiresAt,
    });
  }

  async #more(): Promise<void> {
    const host = this.#host;
    const first = this.#people.length;
    const cursor = this.#nextCursor ?? undefined;
    const result = await host.run(() => host.client.listUsers({ status: 'disabled', limit: 25, cursor }));
    if ('answer' in result) {
      this.#people = [...this.#people, ...result.answer.data];
      this.#nextCursor = result.answer.nextCursor;
      host.focusNext(`#${host.uid}-missing-${first}`);
    }
  }

  // What is seen.

  view(): TemplateResult {
    const host = this.#host;
    return dialog({
      labelledBy: `${host.uid}-impact-title`,
      onCancel: this.#close,
      content: html`${host.heading(host.text('admin.impact.title'), 'cs-subheading', 'impact-title', 1)}
        <p class="cs-strong">${host.text('admin.impact.nothing')}</p>
        ${this.#impact()} ${this.#warnings()}
        <form class="cs-stack" novalidate @submit=${this.#onSubmit}>
          <div class="cs-stack-s">${codeField({
            id: `${host.uid}-mailed-code`,
            label: host.text('admin.impact.code'),
            kind: 'code',
            hint: host.rich('admin.impact.sent', {
              sentTo: html`<bdi dir="ltr">${this.#proposed?.sentTo}</bdi>`,
              subject: host.text('admin.impact.subject'),
            }),
            error: this.#error,
            errorPrefix: host.text('error.prefix'),
          })}
          ${this.#sentCode?.view()}</div>
          <div class="cs-actions">${button({
            label: host.text('act.confirm'),
            look: 'primary',
            busy: host.busy,
            describedBy: `${host.uid}-impact-title`,
          })} ${button({ label: host.text('cancel'), onClick: this.#close })}</div>
        </form>`,
    });
  }

  #impact(): TemplateResult {
    const host = this.#host;
    const { users = 0, notEnrolled: n = 0 } = this.#proposed?.impact ?? {};
    const missing = host.text('admin.impact.count', { missing: n, total: users });
    const key = this.#isRequired ? 'admin.impact.text' : 'admin.impact.optional.text';
    const text =
      n === 0
        ? host.text(`${key}.none`)
        : host.rich(key, { n, missingOfTotal: html`<strong>${missing}</strong>` });
    return html`<p>${text}</p>${n === 0 ? nothing : this.#list(n)}`;
  }

  #list(n: number): TemplateResult {
    const host = this.#host;
    return html`<details class="cs-details"><summary>${host.text('admin.impact.show', { n })}</summary>
      <ul class="cs-names">${this.#people.map(
        ({ email }, index) =>
          html`<li id="${host.uid}-missing-${index}" tabindex="-1"><bdi dir="ltr">${email}</bdi></li>`,
      )}</ul>
      ${this.#nextCursor ? button({ label: host.text('admin.impact.more'), look: 'link', busy: host.busy, onClick: () => void this.#more() }) : nothing}
    </details>`;
  }

  #warnings(): unknown {
    const host = this.#host;
    const { warnings = [], warning } = this.#proposed ?? {};
    // An API that says the warning in one sentence says no code for it: the form knows what it weakens.
    const codes =
      warnings.length > 0 ? warnings.map(({ code }) => code) : warning ? host.policyForm.weakened : [];
    if (codes.length === 0) {
      return nothing;
    }
    const said = codes.map((code) => knownWarnings.find((one) => one === code) ?? 'other');
    return html`<div class="cs-banner cs-banner-warn" role="group" aria-labelledby="${host.uid}-warning">${icon('warn')}
      <p class="cs-strong" id="${host.uid}-warning">${host.text('admin.impact.warning')}</p>
      ${[...new Set(said)].map((code) => html`<p>${host.text(`admin.warnings.${code}`)}</p>`)}</div>`;
  }
}
