/** Mail through Amazon SES. */
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { type Mailer, Unavailable } from '../core/ports.ts';

export const sesClient = (): SESClient =>
  new SESClient({
    maxAttempts: 2,
    requestHandler: { requestTimeout: 3000, connectionTimeout: 1000, throwOnRequestTimeout: true },
  });

const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });

export function mailer(client: SESClient, from: string): Mailer {
  return {
    send: async ({ to, subject, text, html }, eventId) => {
      const command = new SendEmailCommand({
        Source: from,
        Destination: { ToAddresses: [to] },
        Message: { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } },
        Tags: [{ Name: 'eventId', Value: eventId }],
      });
      await client.send(command).catch((error) => {
        throw new Unavailable('the mail was not taken', { cause: error });
      });
    },
  };
}
