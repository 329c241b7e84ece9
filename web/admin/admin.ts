/** `<countersign-admin>`: an account's sign-in rules, its people and its log. */
import { html, nothing, type TemplateResult } from 'lit';
import { CountersignError, type Policy } from '../../client/browser.ts';
import { icon } from '../base/icons.ts';
import { SensitiveAct } from '../base/sensitive-act.ts';
import { SettingsElement } from '../base/settings-element.ts';
import { adminCatalogues } from '../catalogues/admin.ts';
import { Log } from './log.ts';
import { People } from './people.ts';
import { PolicyForm } from './policy-form.ts';
import { TemporaryCode } from './temporary-code.ts';

export type AdminTexts = typeof adminCatalogues.en;
type Section = 'policy' | 'people' | 'log';
export type DeskRole = 'admin' | 'support';

/**
 * @tag countersign-admin
 * @fires countersign-changed - The rules or somebody's two-factor authentication are others than before.
 * @fires countersign-reauthenticate - The first factor must be checked again.
 * @fires countersign-restart - The session has ended.
 */
export class CountersignAdmin extends SettingsElement<AdminTexts> {
  protected override readonly catalogues = adminCatalogues;

  readonly act = new SensitiveAct(this);
  readonly policyForm = new PolicyForm(this);
  readonly people = new People(this);
  readonly log = new Log(this);
  /** @internal */
  readonly temporaryCode = new TemporaryCode(this);
  /** What the user token says; an app whose back end keeps it to itself shows what an administrator sees. @internal */
  deskRole: DeskRole = 'admin';
  /** One's own id, where the token says it: admins cannot act on themselves. @internal */
  ownId: string | undefined;
  #isForbidden = false;
  #news: { section: Section; text: string; isError: boolean } | undefined;

  protected override async read(): Promise<void> {
    const { client } = this;
    try {
      const [policy, people, events] = await Promise.all([
        client.getPolicy(),
        client.listUsers(this.people.query),
        client.listEvents(this.log.query),
      ]);
      this.policyForm.take(policy);
      this.people.take(people);
      this.log.take(events);
      this.#isForbidden = false;
    } catch (error) {
      this.#isForbidden = error instanceof CountersignError && error.code === 'forbidden';
      if (!this.#isForbidden) {
        throw error;
      }
      return;
    }
    this.twoFactor = await client.getTwoFactor().catch(unlessUnknown);
    if (this.act.takeUp() !== undefined) {
      this.isBackFromProvider();
    }
    const { role, sub } = await this.tokenClaims();
    this.deskRole = role === 'support' ? 'support' : 'admin';
    this.ownId = sub;
  }

  /** Says a piece of news, and shows it in the section that it belongs to: the page is too long for one place. */
  announce(section: Section, text: string, isError = false): void {
    this.say(text);
    this.#news = { section, text, isError };
    this.requestUpdate();
  }

  override say(text: string): void {
    super.say(text);
    this.#news = undefined;
  }

  /** What was announced for a section, for the eye alone: the status line has said it. */
  newsOf(section: Section): TemplateResult | typeof nothing {
    const news = this.#news;
    return news?.section === section
      ? html`<p class=${news.isError ? 'cs-error' : 'cs-news'} aria-hidden="true">
          ${icon(news.isError ? 'error' : 'tick')}<span>${news.text}</span></p>`
      : nothing;
  }

  /** Whom the policy lets reset, unlock and make temporary codes. */
  mayAct({ resetRole }: Pick<Policy, 'resetRole'>): boolean {
    return resetRole === 'admin_or_support' || resetRole === this.deskRole;
  }

  protected override readyView(): TemplateResult {
    if (this.#isForbidden) {
      return html`<div class="cs-stack-l">${this.heading(this.text('title'))}
        <div class="cs-banner">${icon('info')}<p>${this.text('admin.forbidden')}</p></div></div>`;
    }
    return html`<div class="cs-stack-l">${this.heading(this.text('title'))}
        ${this.policyForm.view()} ${this.people.view()} ${this.log.view()}
      </div>${this.#dialog()}`;
  }

  #dialog(): unknown {
    if (this.policyForm.isConfirming) {
      return this.policyForm.dialog();
    }
    if (this.temporaryCode.isOpen) {
      return this.temporaryCode.view();
    }
    return this.act.isOpen ? this.act.view() : nothing;
  }
}

/** An administrator whom Countersign has never met has no second factor of their own. */
function unlessUnknown(error: unknown): undefined {
  if (!(error instanceof CountersignError) || error.code !== 'not_found') {
    throw error;
  }
}
