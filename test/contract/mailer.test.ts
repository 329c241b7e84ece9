import { describe, expect, it } from 'vitest';
import { mailer } from '../../lambdas/adapters/ses.ts';
import { Unavailable } from '../../lambdas/core/ports.ts';
import type { Mailbox } from '../../local/engines/mailbox.ts';
import { given, startEngines } from '../support/engines.ts';

/** SES's own simulator: an address that takes every mail, from the sandbox too. */
const to = 'success@simulator.amazonses.com';
const mail = {
  to,
  from: 'Acme',
  subject: 'Grüezi <Ada>',
  text: 'Zwei Faktoren: 123456\n',
  html: '<p>Zwei Faktoren &amp; ü</p>',
};

const engines = await startEngines();
const mails = mailer(engines.ses, engines.mailFrom);

describe('the mailer', () => {
  it('a mail is taken', async () => {
    await expect(mails.send(mail, 'evt_1')).resolves.toBeUndefined();
  });

  it('a mail whose sender has a name beyond ASCII is taken', async () => {
    await expect(mails.send({ ...mail, from: 'Zürich "Süd", Inc. 🔐' }, 'evt_1')).resolves.toBeUndefined();
  });

  it('a mail from a sender that SES does not know is not taken, and that is unavailable', async () => {
    engines.local.mailbox?.fault({ operation: 'SendEmail', kind: 'reject' });
    const unknown = mailer(engines.ses, 'stranger@unknown.invalid');
    const failure = await unknown.send(mail, 'evt_1').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Unavailable);
    expect(failure).toMatchObject({ integrity: false });
  });

  describe.skipIf(given.ses)(
    'as the mailbox sees it (local engine: others do not show what they took)',
    () => {
      const mailbox = () => engines.local.mailbox as Mailbox;

      it('S63 the mail arrives word for word, from the configured address, with its event id', async () => {
        mailbox().clear();
        await mails.send(mail, 'evt_A-z_9');
        expect(mailbox().messages()).toEqual([
          expect.objectContaining({
            ...mail,
            from: `"Acme" <${engines.mailFrom}>`,
            tags: { eventId: 'evt_A-z_9' },
          }),
        ]);
      });

      it('S61 a mail system that stays down is unavailable, and not asked for ever', async () => {
        mailbox().fault({ operation: 'SendEmail', kind: 'fail', times: Number.POSITIVE_INFINITY });
        mailbox().requests.length = 0;
        await expect(mails.send(mail, 'evt_1')).rejects.toBeInstanceOf(Unavailable);
        expect(mailbox().requests.length).toBeLessThanOrEqual(3);
        mailbox().clearFaults();
      });
    },
  );
});
