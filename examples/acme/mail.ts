/** The mails that Acme itself sends; those about two-factor authentication are Countersign's. */
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';

export type SendMail = (to: string, subject: string, paragraphs: string[]) => Promise<void>;

/** Plain text, one paragraph after the other. */
export function createMail(from: string): SendMail {
  const ses = new SESClient();
  return async (to, subject, paragraphs) => {
    const Body = { Text: { Data: `${paragraphs.join('\n\n')}\n` } };
    const Message = { Subject: { Data: subject }, Body };
    await ses.send(new SendEmailCommand({ Source: from, Destination: { ToAddresses: [to] }, Message }));
  };
}
