/** `<countersign-prompt>`: the second factor of a sign-in. */
import { html } from 'lit';
import { CountersignElement } from '../base/element.ts';
import { promptCatalogues } from '../catalogues/prompt.ts';

export class CountersignPrompt extends CountersignElement<typeof promptCatalogues.en> {
  protected override readonly catalogues = promptCatalogues;

  protected override get contact(): string | undefined {
    return undefined;
  }

  protected override view(): unknown {
    return html`${this.heading(this.text('title'))}`;
  }
}
