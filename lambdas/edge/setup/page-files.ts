/** The hosted prompt's files. The build puts them beside the function's code. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'page');

/** The text of a file of the page, or undefined where no file has this name. `name` is a plain file name. */
export function pageFile(name: string): string | undefined {
  const path = join(folder, name);
  return /^[\w.-]+$/.test(name) && existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
