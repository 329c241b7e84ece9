/** The pages under `/` and `/_dev/`, each with the policy that it lives under. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export type Content = { type: string; text: string; policy: string };

const root = fileURLToPath(new URL('../..', import.meta.url));
const pagesDir = fileURLToPath(new URL('pages', import.meta.url));

const ownPolicy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'";
/** A mail brings its own styles, and nothing that runs or is loaded. */
const mailPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-popups-to-escape-sandbox";
const galleryPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'";

export const page = (text: string): Content => ({
  type: 'text/html; charset=utf-8',
  text,
  policy: ownPolicy,
});
export const mail = (text: string): Content => ({ ...page(text), policy: mailPolicy });

/** A file that the pages load. */
export function pageFile(name: 'dev.css' | 'mailbox.js'): Content {
  const type = name.endsWith('.css') ? 'text/css' : 'text/javascript';
  return { type, text: readFileSync(join(pagesDir, name), 'utf8'), policy: ownPolicy };
}

/** What `npm run mails` makes, made at the first look. */
export async function mailGallery(): Promise<Content> {
  gallery ??= promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/mail-gallery.ts'], {
    cwd: root,
  })
    .then(({ stdout }) => readFileSync(stdout.trim(), 'utf8'))
    .catch((error) => {
      gallery = undefined;
      throw error;
    });
  return { ...page(await gallery), policy: galleryPolicy };
}

let gallery: Promise<string> | undefined;
