/** Mail through Amazon SES. */
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { type Mailer, Unavailable } from '../core/ports.ts';

export const sesClient = (): SESClient =>
  new SESClient({
    maxAttempts: 2,
    requestHandler: { requestTimeout: 3000, connectionTimeout: 1000, throwOnRequestTimeout: true },
  });

const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });

/** `configurationSet` is what makes SES tell of bounces; its messages name the tags. */
export function mailer(client: SESClient, from: string, configurationSet?: string): Mailer {
  return {
    send: async ({ to, subject, text, html }, eventId, recipient) => {
      const command = new SendEmailCommand({
        Source: from,
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

/** Ids are the company's own and may hold what a tag may not: they travel as base64url. */
const tagsOf = ({ eventId, accountId, userId }: { eventId: string; accountId?: string; userId?: string }) => [
  { Name: 'eventId', Value: eventId },
  ...(accountId ? [{ Name: 'account', Value: Buffer.from(accountId).toString('base64url') }] : []),
  ...(userId ? [{ Name: 'user', Value: Buffer.from(userId).toString('base64url') }] : []),
];

/** SES says so in these words, for the rate of a second and for the quota of a day. */
const isThrottling = ({ name }: Error): boolean => /throttl|TooManyRequests|LimitExceeded/i.test(name);
