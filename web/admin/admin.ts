/** `<countersign-admin>`: an account's sign-in rules, its people and its log. */
import { SettingsElement } from '../base/settings-element.ts';
import { adminCatalogues } from '../catalogues/admin.ts';

export type AdminTexts = typeof adminCatalogues.en;

export class CountersignAdmin extends SettingsElement<AdminTexts> {
  protected override readonly catalogues = adminCatalogues;

  protected override async read(): Promise<void> {
    this.twoFactor = await this.client.getTwoFactor();
  }

  protected override readyView(): unknown {
    return this.heading(this.text('title'));
  }
}
