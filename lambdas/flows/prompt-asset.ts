import { refuse } from '../core/refusal.ts';
import { asAnybody } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { Page } from '../edge/http/page.ts';
import { pageFile } from '../edge/setup/page-files.ts';

const contentTypes: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** GET /assets/{file}: the prompt's script, style and icon. Their names change with their content. */
export const handler = handle('prompt-asset', asAnybody, async ({ path: { file } }) => {
  const contentType = contentTypes[file.slice(file.lastIndexOf('.') + 1)];
  const text = contentType && pageFile(file);
  return contentType && text !== undefined && text !== ''
    ? new Page(contentType, text, 'public, max-age=31536000, immutable')
    : refuse('not_found', { reason: 'file', detail: 'No such file.' });
});
