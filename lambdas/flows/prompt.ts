import { asAnybody } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { Page } from '../edge/http/page.ts';
import { pageFile } from '../edge/setup/page-files.ts';

/** GET /prompt: the hosted prompt. The challenge is in the address's fragment, which no server sees. */
export const handler = handle('prompt', asAnybody, async () => {
  const text = pageFile('index.html');
  if (text === undefined) {
    throw new Error('the page was not built');
  }
  return new Page('text/html; charset=utf-8', text, 'no-store');
});
