import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { smsClient, texter } from '../../lambdas/adapters/sms.ts';
import { Unavailable } from '../../lambdas/core/ports.ts';
import { type Mailbox, startMailbox } from '../../local/engines/mailbox.ts';
import { recordCalls } from '../support/calls.ts';

const originationArn = 'arn:aws:sms-voice:us-east-1:000000000000:phone-number/phone-1';
const to = '+41791234567';

let mailbox: Mailbox;
beforeAll(async () => {
  mailbox = await startMailbox();
  process.env.AWS_REGION ??= 'us-east-1';
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  process.env.AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2 = mailbox.endpoint;
});
afterAll(() => mailbox.close());
beforeEach(() => {
  mailbox.clear();
  mailbox.clearFaults();
});

describe('the texter', () => {
  it('R22 a text arrives word for word, from the one identity, with its event id', async () => {
    const text = 'Zwei Faktoren: 123456 ü\n\n@app.acme.example #123456';
    await texter(smsClient(), originationArn).send(to, text, 'evt_A-z_9');
    expect(mailbox.messages()).toMatchObject([
      { channel: 'sms', to, from: originationArn, text, tags: { eventId: 'evt_A-z_9' } },
    ]);
  });

  it('it is transactional, through the configuration set, and not delivered after its code is dead', async () => {
    const client = smsClient();
    const calls = recordCalls(client);
    await texter(client, originationArn, 'countersign').send(to, 'text', 'evt_1');
    expect(calls[0]?.input).toMatchObject({
      MessageType: 'TRANSACTIONAL',
      ConfigurationSetName: 'countersign',
      TimeToLive: 600,
    });
  });

  it('S61 a service that stays down is unavailable, and not asked for ever', async () => {
    mailbox.fault({ operation: 'SendTextMessage', kind: 'fail', times: Number.POSITIVE_INFINITY });
    mailbox.requests.length = 0;
    await expect(texter(smsClient(), originationArn).send(to, 'text', 'evt_1')).rejects.toBeInstanceOf(
      Unavailable,
    );
    expect(mailbox.requests.length).toBeLessThanOrEqual(2);
  });

  it('a number that the service refuses is unavailable', async () => {
    await expect(texter(smsClient(), originationArn).send('+41', 'text', 'evt_1')).rejects.toBeInstanceOf(
      Unavailable,
    );
  });
});
