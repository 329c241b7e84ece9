import { expect, it } from 'vitest';
import { answeredBy } from './dev.ts';

const nasty = `"><script>alert('x')</script>`;
const message = {
  id: 'one',
  at: '2026-11-25T12:00:00.000Z',
  channel: 'email',
  to: nasty,
  from: nasty,
  subject: nasty,
  text: nasty,
  html: `<html><head></head><body>${nasty}<a href="https://example.com">on</a></body></html>`,
  tags: {},
} as const;

it('the mailbox page holds nothing of a message: its script draws them as text', async () => {
  const { text, headers } = await answeredBy('/_dev/mailbox', [message]);
  expect(text).not.toContain('alert');
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['content-security-policy']).not.toContain('unsafe-inline');
});

it('the HTML part of a message runs nothing, loads nothing, and opens its links beside the mailbox', async () => {
  const { text, headers } = await answeredBy('/_dev/messages/one/html', [message]);
  const policy = headers['content-security-policy'];
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain('sandbox');
  expect(policy).not.toContain('allow-scripts');
  expect(policy).not.toContain('script-src');
  expect(text).toContain('<base target="_blank">');
});

it('there is no HTML part of a message that is not there', async () => {
  expect((await answeredBy('/_dev/messages/two/html', [message])).status).toBe(404);
});
