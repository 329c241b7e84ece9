/** Mail through Amazon SES. */
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { type Mailer, Unavailable } from '../core/ports.ts';

export const sesClient = (): SESClient =>
  new SESClient({
    maxAttempts: 2,
    requestHandler: { requestTimeout: 3000, connectionTimeout: 1000, throwOnRequestTimeout: true },
  });

const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });

/**
 * Mail from `address`, with each mail's own display name. `configurationSet` makes SES report bounces; the reports name the
 * tags.
 */
export function mailer(client: SESClient, address: string, configurationSet?: string): Mailer {
  return {
    send: async ({ to, from, subject, text, html }, eventId, recipient) => {
      const command = new SendEmailCommand({
        Source: mailboxOf(from, address),
        Destination: { ToAddresses: [to] },
        Message: { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } },
        Tags: tagsOf({ eventId, ...recipient }),
        ConfigurationSetName: configurationSet,
      });
      await client.send(command).catch((error) => {
        throw new Unavailable('the mail was not taken', { cause: error, throttled: isThrottling(error) });
      });
    },
  };
}

/** SES takes 320 characters for an address with its display name. */
const longestMailbox = 320;
const longestWord = 75;

/**
 * A display name and an address as one mailbox (RFC 5322): the name quoted, or in encoded words (RFC 2047) where it is not
 * ASCII, and shortened until it fits. IAM's `ses:FromAddress` compares the address alone.
 */
export function mailboxOf(name: string, address: string): string {
  const characters = [...name.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()];
  for (let length = characters.length; length > 0; length -= 1) {
    const shown = characters.slice(0, length).join('').trimEnd();
    const phrase = /^[\x20-\x7e]*$/.test(shown)
      ? `"${shown.replace(/["\\]/g, '\\$&')}"`
      : encodedWords(shown);
    const mailbox = `${phrase} <${address}>`;
    if (mailbox.length <= longestMailbox) {
      return mailbox;
    }
  }
  return address;
}

/** RFC 2047, section 2: words of at most 75 characters, each with whole characters. */
function encodedWords(text: string): string {
  const room = Math.floor((longestWord - '=?UTF-8?B??='.length) / 4) * 3;
  const words = [''];
  for (const character of text) {
    const longer = words.at(-1) + character;
    if (Buffer.byteLength(longer) <= room) {
      words[words.length - 1] = longer;
    } else {
      words.push(character);
    }
  }
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join(' ');
}

/** Ids are the company's own and may hold what a tag may not: they travel as base64url. */
const tagsOf = ({ eventId, accountId, userId }: { eventId: string; accountId?: string; userId?: string }) => [
  { Name: 'eventId', Value: eventId },
  ...(accountId ? [{ Name: 'account', Value: Buffer.from(accountId).toString('base64url') }] : []),
  ...(userId ? [{ Name: 'user', Value: Buffer.from(userId).toString('base64url') }] : []),
];

/** The names of SES's errors, for the rate per second and for the daily quota. */
const isThrottling = ({ name }: Error): boolean => /throttl|TooManyRequests|LimitExceeded/i.test(name);
