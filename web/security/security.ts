/** `<countersign-security>`: the card on which people see and change their own two-factor authentication. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Confirmed, TrustedDevice } from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { dialog } from '../base/dialog.ts';
import { emit } from '../base/events.ts';
import { icon } from '../base/icons.ts';
import { RecoveryCodes, type ShownCodes } from '../base/recovery-codes.ts';
import { SensitiveAct } from '../base/sensitive-act.ts';
import { SettingsElement } from '../base/settings-element.ts';
import { forget, keep, kept } from '../base/tab-storage.ts';
import { securityCatalogues } from '../catalogues/security.ts';
import { ownActs, resume } from './acts.ts';
import { banner } from './banner.ts';
import { Enrolment } from './enrolment.ts';
import { rememberedDevices } from './remembered-devices.ts';
import { waysToSignIn } from './ways-to-sign-in.ts';

export type SecurityTexts = typeof securityCatalogues.en;

/** Kept by the tab until the codes are saved, for an API that does not say so itself. */
const unsaved = 'unsaved-codes';

/**
 * @tag countersign-security
 * @fires countersign-changed - One's own two-factor authentication is another than before.
 * @fires countersign-reauthenticate - The first factor must be checked again.
 * @fires countersign-restart - The session has ended.
 */
export class CountersignSecurity extends SettingsElement<SecurityTexts> {
  protected override readonly catalogues = securityCatalogues;

  devices: readonly TrustedDevice[] = [];
  readonly act = new SensitiveAct(this);
  readonly enrolment = new Enrolment(this);
  readonly #codes = new RecoveryCodes(this);
  #afterCodes = '';

  protected override async read(): Promise<void> {
    const { client } = this;
    const [twoFactor, devices] = await Promise.all([client.getTwoFactor(), client.listTrustedDevices()]);
    this.twoFactor = twoFactor;
    this.devices = devices.data;
    const left = this.act.takeUp();
    if (left !== undefined) {
      this.isBackFromProvider();
      resume(this, left);
    }
  }

  get isOn(): boolean {
    return this.twoFactor?.status === 'enabled';
  }

  /** Whether the card asks for new recovery codes because the last ones were never said to be saved. */
  get hasUnsavedCodes(): boolean {
    const { recoveryCodes } = this.twoFactor ?? {};
    return !!recoveryCodes && !(recoveryCodes.saved ?? kept(unsaved) !== recoveryCodes.generatedAt);
  }

  /** Shows the codes, once. The dialog closes by "I've saved them" alone; then `news` is said. */
  async showCodes(codes: ShownCodes, news: string): Promise<void> {
    this.#afterCodes = news;
    this.#codes.show(codes);
    await this.load();
    keep(unsaved, this.twoFactor?.recoveryCodes?.generatedAt, Number.MAX_SAFE_INTEGER - Date.now());
  }

  /** A factor is on: its recovery codes where there are new ones, else the news of it. */
  async confirmed(confirmed: Confirmed, what: string, news: string): Promise<void> {
    emit(this, 'countersign-changed', { what });
    const { recoveryCodes } = confirmed;
    if (recoveryCodes) {
      await this.showCodes({ ...confirmed, recoveryCodes }, this.text('security.turned.on'));
    } else {
      await this.changed(news);
    }
  }

  /** Reads anew, says what has changed, and leaves the focus on the card's heading. */
  async changed(news: string, what?: string): Promise<void> {
    if (what) {
      emit(this, 'countersign-changed', { what });
    }
    await this.load();
    this.focusNext(`#${this.uid}-heading`);
    await this.updateComplete;
    this.say(news);
  }

  readonly #saved = async (): Promise<void> => {
    const result = await this.run(() => this.client.recoveryCodesSaved());
    if ('answer' in result) {
      forget(unsaved);
      emit(this, 'countersign-changed', { what: 'recovery_codes_saved' });
    }
    this.#codes.hide();
    await this.changed(this.#afterCodes);
  };

  protected override readyView(): TemplateResult {
    const { twoFactor } = this;
    return html`<div class="cs-stack-l">
        <div class="cs-row">${this.heading(this.text('title'))}
          ${this.isOn ? html`<span class="cs-badge">${icon('tick')}${this.text('security.enabled')}</span>` : nothing}</div>
        ${banner(this)}
        ${this.isOn ? this.#on() : this.#off()}
      </div>
      ${twoFactor ? this.#dialog() : nothing}`;
  }

  #off(): TemplateResult {
    return html`<p>${this.text('security.off')}</p>
      <div>${button({
        label: this.text('security.enable'),
        look: 'primary',
        onClick: () => void this.enrolment.begin(),
      })}</div>`;
  }

  #on(): TemplateResult {
    const { canDisable, required } = this.twoFactor ?? {};
    const acts = ownActs(this);
    return html`${waysToSignIn(this, acts)} ${rememberedDevices(this)}
      ${required ? html`<p class="cs-muted">${this.text('security.required')}</p>` : nothing}
      ${
        canDisable
          ? html`<div>${button({ label: this.text('security.disable'), look: 'quiet-danger', onClick: acts.disable })}</div>`
          : nothing
      }`;
  }

  #dialog(): unknown {
    if (this.#codes.isOpen) {
      return dialog({
        labelledBy: `${this.uid}-subheading`,
        content: this.#codes.view({
          onSaved: () => void this.#saved(),
          intro: `${this.#afterCodes} ${this.text('codes.intro')}`,
        }),
      });
    }
    return this.enrolment.isOpen ? this.enrolment.view() : this.act.view();
  }
}
