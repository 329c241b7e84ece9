/** Native dialogs by the rules of all elements. The base class opens what is rendered and hands the focus back. */
import { html, type TemplateResult } from 'lit';

export type DialogOptions = {
  /** The id of the heading inside `content`, which names the dialog. */
  labelledBy: string;
  content: unknown;
  /** What Escape does, as "Cancel" does. Without it the dialog closes by its own button alone. */
  onCancel?: () => void;
};

/**
 * A modal dialog, open as long as it is rendered. The backdrop never closes it: people leave the page to fetch a code.
 * One without `onCancel` cannot be closed by Escape: `cancel` can be prevented once only, so there are `closedby`, a guard
 * on the key, and as the last resort it opens again.
 */
export function dialog({ labelledBy, content, onCancel }: DialogOptions): TemplateResult {
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.isComposing) {
      event.preventDefault();
      event.stopPropagation();
      onCancel?.();
    }
  };
  const onCancelled = (event: Event) => {
    event.preventDefault();
    onCancel?.();
  };
  const onClose = ({ currentTarget }: Event) => {
    if (onCancel) {
      onCancel();
    } else {
      (currentTarget as HTMLDialogElement).showModal();
    }
  };
  return html`<dialog class="cs-dialog" aria-labelledby=${labelledBy} closedby=${onCancel ? 'closerequest' : 'none'}
    @keydown=${onKey} @cancel=${onCancelled} @close=${onClose}><div class="cs-stack">${content}</div></dialog>`;
}
