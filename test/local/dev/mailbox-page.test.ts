import { expect, it } from 'vitest';
import { mailboxPage } from '../../../local/dev/mailbox-page.ts';

it('everything in a message is escaped, and its HTML part is in a sandbox', () => {
  const nasty = `"><script>alert('x')</script>`;
  const message = {
    id: nasty,
    at: nasty,
    channel: 'email',
    to: nasty,
    from: nasty,
    subject: nasty,
    text: nasty,
    html: nasty,
    tags: {},
  } as const;
  const page = mailboxPage([message]);
  expect(page).not.toContain('<script');
  expect(page).not.toContain(`'x'`);
  expect(page).toContain('<iframe sandbox srcdoc="&#34;&#62;&#60;script');
});
