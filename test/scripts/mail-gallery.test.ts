import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import en from '../../lambdas/core/notices/catalogues/en.json';
import { languages } from '../../lib/mail-catalogues.ts';

const gallery = fileURLToPath(new URL('../../scripts/mail-gallery.ts', import.meta.url));

describe('the gallery of the mails', () => {
  const file = execFileSync(process.execPath, ['--import', 'tsx', gallery], { encoding: 'utf8' }).trim();
  const page = readFileSync(file, 'utf8');

  it('shows every mail in every language', () => {
    for (const purpose of Object.keys(en.codes.purposes)) {
      expect(page).toContain(`<h2>code: ${purpose}</h2>`);
    }
    for (const type of Object.keys(en.notices.types)) {
      expect(page).toContain(`<h2>notice: ${type}`);
    }
    const sections = page.split('<section>').slice(1);
    for (const section of sections) {
      expect(section.match(/<iframe /g)).toHaveLength(languages.length);
    }
  });

  it('needs no server and loads nothing', () => {
    expect(page).not.toMatch(/https?:|<link|src="/);
  });
});
