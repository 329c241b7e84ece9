/** A step-up: somebody who is signed in confirms one transfer, by a second factor that is bound to what it shows. */
import { Hono } from 'hono';
import type { Env, Request } from '../context.ts';
import { clientOf, formOf, jsonOf } from '../input.ts';
import type { Errors } from '../pages/forms.ts';
import { confirmPage, transferPage } from '../pages/transfer.ts';
import { done, requirePerson, signedIn } from './guards.ts';

const path = '/transfer';

export const transfer = new Hono<Env>();

transfer.use(`${path}/*`, requirePerson);

transfer.get(path, async (c) => {
  const { waiting, ...rest } = signedIn(c).session;
  if (waiting && c.req.query('again') !== undefined) {
    await c.var.acme.sessions.save(rest);
    return c.redirect(path);
  }
  return waiting ? confirmPage(c) : show(c);
});

/** Asks for the confirmation. What is to be confirmed stays in the session: the browser cannot change it any more. */
transfer.post(path, async (c) => {
  const { acme, language, t } = c.var;
  const { person, session } = signedIn(c);
  const form = await formOf(c);
  const recipient = (form.recipient ?? '').normalize().replace(/\s+/g, ' ').trim();
  const amount = (form.amount ?? '').trim().replace(',', '.');
  const errors: Errors = {
    ...(!/^[\p{L}\p{N}][\p{L}\p{M}\p{N} .'’&-]{0,69}$/u.test(recipient) && { recipient: t('Enter a name.') }),
    ...(!/^(?!0*\.?0*$)\d{1,7}(\.\d{1,2})?$/.test(amount) && {
      amount: t('Enter an amount, such as 120.50.'),
    }),
  };
  if (Object.keys(errors).length > 0) {
    return show(c, { recipient, amount, errors });
  }
  const wanted = { recipient, amount: `CHF ${Number(amount).toFixed(2)}` };
  const details = { [t('Recipient')]: wanted.recipient, [t('Amount')]: wanted.amount };
  const action = { name: 'transfer.create', details };
  const asked = {
    firstFactor: { method: 'session' } as const,
    action,
    client: clientOf(c),
    locale: language,
  };
  const started = await acme.twoFactor.start(person, asked).catch(() => undefined);
  if (!started || started.status === 'passed') {
    return done(c, path, t("Codes can't be checked right now. Try again in a few minutes."));
  }
  const { name: team } = await acme.people.account(person.accountId);
  const { challengeId } = started;
  const waiting = { ...wanted, action, challengeId, challenge: started, team };
  await acme.sessions.save({ ...session, waiting });
  return c.redirect(path, 303);
});

/** The prompt is done. Its token must be for this person, this challenge and exactly this act, and counts once. */
transfer.post(`${path}/confirm`, async (c) => {
  const { acme, t } = c.var;
  const { person, session } = signedIn(c);
  const { waiting, ...rest } = session;
  if (!waiting) {
    return c.json({ next: path }, 409);
  }
  const { token } = await jsonOf(c);
  const claims = await acme.twoFactor.finish(person, waiting, token).catch(() => undefined);
  const made = claims && (await acme.transfers.make(person.id, claims.jti, waiting));
  const values = { recipient: waiting.recipient, amount: waiting.amount };
  const notice = made ? t('{amount} sent to {recipient}.', values) : t('Nothing was sent.');
  await acme.sessions.save({ ...rest, notice });
  return c.json({ next: path }, made ? 200 : 409);
});

transfer.post(`${path}/cancel`, async (c) => {
  const { waiting: _waiting, ...rest } = signedIn(c).session;
  await c.var.acme.sessions.save({ ...rest, notice: c.var.t('Nothing was sent.') });
  return c.redirect(path, 303);
});

async function show(c: Request, tried: { recipient?: string; amount?: string; errors?: Errors } = {}) {
  const made = await c.var.acme.transfers.of(signedIn(c).person.id);
  return transferPage(c, { ...tried, made });
}
