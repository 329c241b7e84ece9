/** S50: the sender's name is what an account calls itself. It must not become an address, a header, or a mail that SES refuses. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mailboxOf } from '../../lambdas/adapters/ses.ts';

const address = 'security@acme.example';

/** What a mail program shows for a display name: RFC 5322 quoting, or RFC 2047 encoded words. */
function shown(mailbox: string): string {
  const phrase = mailbox.slice(0, mailbox.lastIndexOf(' <'));
  return phrase.startsWith('"')
    ? phrase.slice(1, -1).replace(/\\(.)/g, '$1')
    : phrase
        .split(' ')
        .map((word) => Buffer.from(/^=\?UTF-8\?B\?(.*)\?=$/.exec(word)?.[1] ?? '', 'base64').toString())
        .join('');
}

describe('the sender', () => {
  it.each([
    ['Acme', '"Acme" <security@acme.example>'],
    ['Acme, Inc. "Sales" \\', '"Acme, Inc. \\"Sales\\" \\\\" <security@acme.example>'],
    ['Zürich', '=?UTF-8?B?WsO8cmljaA==?= <security@acme.example>'],
    ['', 'security@acme.example'],
    ['\r\n\u0000', 'security@acme.example'],
    ['Acme\r\nBcc: thief@example.com', '"Acme Bcc: thief@example.com" <security@acme.example>'],
    ['x" <thief@evil.example>, "', '"x\\" <thief@evil.example>, \\"" <security@acme.example>'],
  ])('of %j is %j', (name, mailbox) => {
    expect(mailboxOf(name, address)).toBe(mailbox);
  });

  it('is printable ASCII of at most 320 characters, in words of at most 75, and shows the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (name) => {
        const mailbox = mailboxOf(name, address);
        expect(mailbox).toMatch(/^[\x20-\x7e]{1,320}$/);
        expect(mailbox.endsWith(address) || mailbox.endsWith(` <${address}>`)).toBe(true);
        const words = mailbox.match(/=\?UTF-8\?B\?[^ ]*/g) ?? [];
        expect(words.filter((word) => word.length > 75)).toEqual([]);
        const oneLine = name.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
        expect(mailbox === address ? '' : shown(mailbox)).toSatisfy((text: string) =>
          oneLine.startsWith(text),
        );
        if ([...oneLine].length < 30) {
          expect(mailbox === address ? '' : shown(mailbox)).toBe(oneLine);
        }
      }),
    );
  });
});
