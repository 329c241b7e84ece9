/** The dialog that shows a temporary code, this once. */
import { html, type TemplateResult } from 'lit';
import type { ListedUser } from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { copied } from '../base/clipboard.ts';
import { errorMessage } from '../base/code-field.ts';
import { dialog } from '../base/dialog.ts';
import type { CountersignAdmin } from './admin.ts';

type Shown = { row: ListedUser; code: string; expiresAt: string };

/** Nothing but "Done" closes it: the code cannot be shown again. */
export class TemporaryCode {
  readonly #host: CountersignAdmin;
  #shown: Shown | undefined;
  #copyBlocked = false;

  constructor(host: CountersignAdmin) {
    this.#host = host;
  }

  get isOpen(): boolean {
    return this.#shown !== undefined;
  }

  show(shown: Shown): void {
    this.#shown = shown;
    this.#copyBlocked = false;
    this.#host.focusNext(`#${this.#host.uid}-temporary-title`);
  }

  readonly #done = (): void => {
    const { row } = this.#shown as Shown;
    this.#shown = undefined;
    this.#host.requestUpdate();
    void this.#host.people.refresh(row, this.#host.text('admin.temporary.made', { email: row.email }));
  };

  async #copy(code: string): Promise<void> {
    this.#copyBlocked = !(await copied(code));
    this.#host.say(this.#copyBlocked ? '' : this.#host.text('admin.temporary.copied'));
    this.#host.requestUpdate();
  }

  view(): TemplateResult {
    const host = this.#host;
    const { row, code, expiresAt } = this.#shown as Shown;
    const email = html`<bdi dir="ltr">${row.email}</bdi>`;
    const time = host.time(expiresAt, { dateStyle: 'medium', timeStyle: 'short' });
    const blocked = `${host.uid}-temporary-error`;
    return dialog({
      labelledBy: `${host.uid}-temporary-title`,
      content: html`${host.heading(host.rich('admin.temporary.title', { email }), 'cs-subheading', 'temporary-title', 1)}
        <p class="cs-big-code"><bdi dir="ltr">${code}</bdi></p>
        <p>${host.rich('admin.temporary.text', { time })}</p>
        ${errorMessage(blocked, this.#copyBlocked ? host.text('admin.temporary.blocked') : undefined, host.text('error.prefix'))}
        <div class="cs-actions">
          ${button({ label: host.text('admin.temporary.done'), look: 'primary', onClick: this.#done })}
          ${button({
            label: host.text('admin.temporary.copy'),
            onClick: () => void this.#copy(code),
            describedBy: this.#copyBlocked ? blocked : undefined,
          })}
        </div>`,
    });
  }
}
