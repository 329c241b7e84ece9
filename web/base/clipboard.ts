/** Copying, also where the page has no secure context. */

/** Whether `text` is on the clipboard now. False where the browser or the person refused. */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedBySelection(text);
  }
}

function copiedBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.className = 'cs-visually-hidden';
  area.value = text;
  const before = document.activeElement as HTMLElement | null;
  (before?.closest('dialog') ?? document.body).append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  before?.focus();
  return done;
}
