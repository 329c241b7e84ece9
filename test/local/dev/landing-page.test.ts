import { expect, it } from 'vitest';
import { answeredBy } from './dev.ts';

it('the landing page leads to Acme, the mailbox, the gallery of the emails and the API', async () => {
  const { text } = await answeredBy('/', [], 'http://localhost:4401');
  for (const href of ['http://localhost:4401', '/_dev/mailbox', '/_dev/mails', '/openapi.json']) {
    expect(text).toContain(`href="${href}"`);
  }
});

it('the landing page leaves Acme out where it does not run', async () => {
  expect((await answeredBy('/', [])).text).not.toContain('Acme');
});
