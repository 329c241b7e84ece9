/** The sign-in rules: the form, what is asked to change them, and its way to the mailed code. */
import { html, type TemplateResult } from 'lit';
import {
  CountersignError,
  type Method,
  type Policy,
  type Proof,
  type ProposedPolicy,
  type ReadPolicy,
} from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { emit } from '../base/events.ts';
import type { Failure } from '../base/failures.ts';
import { errorSummary } from '../base/field.ts';
import { icon } from '../base/icons.ts';
import type { CountersignAdmin } from './admin.ts';
import { comparison } from './comparison.ts';
import {
  changedFields,
  type Draft,
  type DraftErrors,
  draftErrors,
  draftOf,
  editOf,
  onTopOf,
} from './draft.ts';
import { MailedCode } from './mailed-code.ts';
import { policyFacts } from './policy-facts.ts';
import { policyFieldId, policyFields } from './policy-fields.ts';

export class PolicyForm {
  readonly #host: CountersignAdmin;
  readonly #mailed: MailedCode;
  #policy: Policy | undefined;
  #available: readonly Method[] | undefined;
  #draft: Draft | undefined;
  #errors: DraftErrors = {};
  /** Why the last attempt came to nothing, above the form. */
  #failure: string | undefined;
  /** Somebody else's rules came in between: one's own changes are marked. */
  #marksOwn = false;

  constructor(host: CountersignAdmin) {
    this.#host = host;
    this.#mailed = new MailedCode(host, {
      onConfirmed: (policy) => void this.#saved(policy),
      onEnded: (failure) => void this.#ended(failure),
      proposeAgain: () => this.#proposeAgain(),
      askAgain: () => this.#propose(),
    });
  }

  get policy(): Policy | undefined {
    return this.#policy;
  }

  /** The codes of what the change weakens, for an API that says it in words alone. */
  get weakened(): string[] {
    const [before, after] = [this.#policy as Policy, this.#draft as Draft];
    const isPutOff = after.isRequired && after.requiredFrom !== '' && before.requiredFrom !== undefined;
    return [
      ...(before.mode === 'required' && !after.isRequired ? ['enforcement_off'] : []),
      ...(before.mode === 'required' && isPutOff ? ['enforcement_postponed'] : []),
      ...(before.methods.some((method) => !after.methods.includes(method)) ? ['method_off'] : []),
      ...(after.mayRemember && !before.rememberDevice.allowed ? ['devices_on'] : []),
      ...(after.federated === 'bypass' && before.federated !== 'bypass' ? ['bypass_on'] : []),
    ];
  }

  get isConfirming(): boolean {
    return this.#mailed.isOpen;
  }

  dialog(): TemplateResult {
    return this.#mailed.view();
  }

  /** The rules in force. What was typed and not saved stays. */
  take({ policy, availableMethods }: ReadPolicy): void {
    this.#draft ??= draftOf(policy);
    this.#policy = policy;
    this.#available = availableMethods;
  }

  #id(name: string): string {
    return policyFieldId(this.#host, name);
  }

  #edit(change: Partial<Draft>): void {
    this.#draft = { ...(this.#draft as Draft), ...change };
    this.#host.requestUpdate();
  }

  readonly #discard = (): void => {
    this.#reset(this.#policy as Policy);
    this.#host.focusNext(`#${this.#id('title')}`);
  };

  #reset(policy: Policy): void {
    this.#policy = policy;
    this.#draft = draftOf(policy);
    this.#errors = {};
    this.#failure = undefined;
    this.#marksOwn = false;
  }

  // From "Save" to the mailed code.

  readonly #onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const [draft, policy] = [this.#draft as Draft, this.#policy as Policy];
    this.#errors = draftErrors(draft, policy);
    this.#failure = undefined;
    if (Object.keys(this.#errors).length > 0) {
      this.#host.focusNext(`#${this.#id('problems')}`);
    } else if (Object.keys(editOf(draft, policy)).length === 0) {
      this.#host.requestUpdate();
      this.#host.announce('policy', this.#host.text('admin.policy.unchanged'));
    } else {
      this.#propose();
    }
  };

  /** Asks for what is not fresh, in the dialog that compares; where nothing is to be asked, proposes at once. */
  #propose(): void {
    const host = this.#host;
    const [draft, policy] = [this.#draft as Draft, this.#policy as Policy];
    const asks = { asksPassword: host.isStale, asksFactor: host.twoFactor?.proof?.factor ?? false };
    if (!asks.asksPassword && !asks.asksFactor) {
      void this.#proposeAtOnce();
      return;
    }
    host.act.open({
      ...asks,
      name: 'policy',
      title: host.text('admin.check.title'),
      text: comparison(host, policy, draft),
      places: ['policy'],
      refused: (pointer) => this.#refusedField(pointer),
      perform: async (proof) => void (await this.#send(proof)),
      onDone: () => this.#mailed.show(),
    });
  }

  async #proposeAtOnce(): Promise<void> {
    const result = await this.#host.run(() => this.#send());
    if ('answer' in result) {
      this.#mailed.show();
    } else if (result.failure.code === 'reauthentication_required') {
      this.#host.forgetAcceptance();
      this.#propose();
    } else {
      this.#fail(result.failure);
    }
  }

  async #send(proof?: Proof): Promise<ProposedPolicy> {
    const policy = editOf(this.#draft as Draft, this.#policy as Policy);
    const proposed = await this.#host.client.proposePolicy({ policy, ...(proof && { proof }) });
    this.#mailed.take(proposed, policy);
    return proposed;
  }

  #proposeAgain(): Promise<ProposedPolicy> {
    const mustAsk = this.#host.isStale || this.#host.twoFactor?.proof?.factor;
    return mustAsk ? Promise.reject(new CountersignError('proof_required', { status: 0 })) : this.#send();
  }

  #refusedField(pointer: string): Record<string, string> | undefined {
    const isSms = pointer.startsWith('/policy/methods') && this.#draft?.methods.includes('sms');
    return isSms ? { form: this.#host.text('admin.policy.sms.off') } : undefined;
  }

  #fail(failure: Failure): void {
    const seconds = (failure.retryAfterSeconds ?? 60) * 1000;
    const time = this.#host.timeText(Date.now() + seconds, { timeStyle: 'short' });
    const field = failure.errors?.map(({ pointer }) => this.#refusedField(pointer)).find(Boolean);
    const values = { time, sentTo: this.#host.twoFactor?.email, n: failure.retryAfterSeconds ?? 60 };
    this.#failure = field?.form ?? this.#host.errorText(failure, ['policy', 'change'], values);
    this.#host.focusNext(`#${this.#id('problems')}`);
  }

  async #saved(policy: Policy): Promise<void> {
    const host = this.#host;
    const isNewlyRequired = policy.mode === 'required' && this.#policy?.mode !== 'required';
    this.#reset(policy);
    emit(host, 'countersign-changed', { what: 'policy' });
    await host.load();
    host.focusNext(`#${this.#id('title')}`);
    await host.updateComplete;
    host.announce(
      'policy',
      host.text(isNewlyRequired ? 'admin.policy.saved.required' : 'admin.policy.saved'),
    );
  }

  /** The proposal is worth nothing any more. Of two administrators the second one sees both changes. */
  async #ended(failure: Failure): Promise<void> {
    const changed = changedFields(this.#draft as Draft, this.#policy as Policy);
    if (failure.code === 'policy_version_conflict') {
      await this.#host.load();
      this.#draft = onTopOf(this.#policy as Policy, this.#draft as Draft, changed);
      this.#marksOwn = true;
    }
    this.#fail(failure);
  }

  // What is seen.

  view(): TemplateResult {
    const host = this.#host;
    const policy = this.#policy as Policy;
    return html`<section class="cs-card cs-stack" role="group" aria-labelledby=${this.#id('title')}>
      ${host.heading(host.text('admin.policy.title'), 'cs-subheading', 'policy-title', 1)}
      ${host.newsOf('policy')}
      ${host.deskRole === 'support' ? policyFacts(host, policy) : this.#form(policy, this.#draft as Draft)}
    </section>`;
  }

  #form(policy: Policy, draft: Draft): TemplateResult {
    const host = this.#host;
    return html`<form class="cs-stack-l" novalidate @submit=${this.#onSubmit}>
      ${this.#problems()}
      ${policyFields({
        host,
        policy,
        draft,
        errors: this.#errors,
        available: this.#available,
        own: this.#marksOwn ? changedFields(draft, policy) : [],
        edit: (change) => this.#edit(change),
      })}
      <div class="cs-actions">
        ${button({ label: host.text('admin.policy.save'), look: 'primary', busy: host.busy })}
        ${button({ label: host.text('admin.policy.discard'), onClick: this.#discard })}
      </div>
    </form>`;
  }

  #problems(): unknown {
    const host = this.#host;
    const listed = Object.entries(this.#errors).map(([name, key]) => ({
      fieldId: this.#id(name === 'methods' ? 'totp' : name),
      text: host.text(`admin.policy.${key}`),
    }));
    if (this.#failure !== undefined) {
      return html`<div class="cs-banner cs-banner-danger" id=${this.#id('problems')} role="group" tabindex="-1"
        aria-label=${host.text('act.problem')}>${icon('error')}<p>${this.#failure}</p></div>`;
    }
    return errorSummary(this.#id('problems'), host.text('act.problem'), listed);
  }
}
