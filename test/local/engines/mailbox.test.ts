import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Access } from '../../../local/engines/front.ts';
import { type Mailbox, startMailbox } from '../../../local/engines/mailbox.ts';

let mailbox: Mailbox;
let client: SESClient;
let asked: Access | undefined;

beforeAll(async () => {
  mailbox = await startMailbox({
    now: () => Date.UTC(2030, 0, 1),
    allow: (access) => {
      asked = access;
      return access.caller !== 'stranger';
    },
  });
  client = clientOf('courier');
});
afterAll(() => mailbox.close());
afterEach(() => {
  mailbox.clear();
  mailbox.clearFaults();
});

const clientOf = (accessKeyId: string) =>
  new SESClient({
    endpoint: mailbox.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 'unused' },
    maxAttempts: 1,
  });

const mail = (changes: { from?: string; to?: string; subject?: string } = {}) =>
  new SendEmailCommand({
    Source: changes.from ?? 'Acme <security@acme.example>',
    Destination: { ToAddresses: [changes.to ?? 'ada@example.com'] },
    Message: {
      Subject: { Data: changes.subject ?? 'Your code' },
      Body: { Text: { Data: 'code 123456 & more' }, Html: { Data: '<p>123456</p>' } },
    },
    Tags: [{ Name: 'eventId', Value: 'evt_1' }],
  });

describe('the local mailbox', () => {
  it('a mail that was sent is there to read, newest first', async () => {
    await client.send(mail());
    const { MessageId } = await client.send(mail({ to: 'bob@example.com' }));
    const [newest, older] = mailbox.messages();
    expect(newest).toEqual({
      id: MessageId,
      at: '2030-01-01T00:00:00.000Z',
      channel: 'email',
      to: 'bob@example.com',
      from: 'Acme <security@acme.example>',
      subject: 'Your code',
      text: 'code 123456 & more',
      html: '<p>123456</p>',
      tags: { eventId: 'evt_1' },
    });
    expect(older?.to).toBe('ada@example.com');
    expect(mailbox.messages('BOB@example.com')).toHaveLength(1);
  });

  it.each([
    ['a sender without a domain', { from: 'security' }],
    ['a recipient with a second line', { to: 'ada@example.com\r\nBcc: eve@example.com' }],
    ['a subject with a second line', { subject: 'Hello\r\nBcc: eve@example.com' }],
  ])('%s is refused and nothing is sent', async (_, changes) => {
    await expect(client.send(mail(changes))).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    expect(mailbox.messages()).toEqual([]);
  });

  it('the faults have the names of SES', async () => {
    mailbox.fault({ operation: 'SendEmail', kind: 'throttle' });
    await expect(client.send(mail())).rejects.toMatchObject({ name: 'Throttling' });
    mailbox.fault({ operation: 'SendEmail', kind: 'reject' });
    await expect(client.send(mail())).rejects.toMatchObject({ name: 'MessageRejected' });
    mailbox.fault({ operation: 'SendEmail', kind: 'reject', error: 'AccountSendingPausedException' });
    await expect(client.send(mail())).rejects.toMatchObject({ name: 'AccountSendingPausedException' });
  });

  it('the permission is asked for the address and for its domain', async () => {
    await client.send(mail());
    expect(asked).toEqual({
      caller: 'courier',
      action: 'ses:SendEmail',
      resources: [
        'arn:aws:ses:us-east-1:000000000000:identity/security@acme.example',
        'arn:aws:ses:us-east-1:000000000000:identity/acme.example',
      ],
      context: { 'ses:FromAddress': ['security@acme.example'] },
    });
    await expect(clientOf('stranger').send(mail())).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('a text message is kept beside the mails', async () => {
    const response = await fetch(mailbox.endpoint, {
      method: 'POST',
      headers: {
        authorization: 'AWS4-HMAC-SHA256 Credential=flow/20300101/us-east-1/sms-voice/aws4_request',
        'x-amz-target': 'PinpointSMSVoiceV2.SendTextMessage',
        'content-type': 'application/x-amz-json-1.0',
      },
      body: JSON.stringify({ DestinationPhoneNumber: '+41791234567', MessageBody: '123456' }),
    });
    expect(response.status).toBe(200);
    expect(mailbox.messages('+41791234567')).toMatchObject([{ channel: 'sms', text: '123456' }]);
  });
});
