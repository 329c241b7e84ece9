/** A forgotten password: a link by mail, a new password, and the second factor stays. */
import { Hono } from 'hono';
import type { Env } from '../context.ts';
import { formOf } from '../input.ts';
import { emailError } from '../pages/forms.ts';
import { forgotPage, resetPage, sentPage } from '../pages/password.ts';
import type { Reset } from '../people/links.ts';
import { passwordError } from './sign-up.ts';

export const password = new Hono<Env>();

password.get('/forgot-password', (c) => forgotPage(c, {}));

password.post('/forgot-password', async (c) => {
  const { people, links, mail } = c.var.acme;
  const { email = '' } = await formOf(c);
  const errors = emailError(c.var.t, email.trim());
  if (errors.email) {
    return forgotPage(c, { email, errors });
  }
  const person = await people.byEmail(email.trim());
  if (person) {
    const secret = await links.make('reset', { personId: person.id });
    const url = new URL(`/reset-password?link=${secret}`, c.req.url).href;
    const { t } = c.var;
    await mail(person.email, t('Choose a new password for Acme'), [
      t('Somebody, probably you, asked for a new password. Choose one here, within an hour:'),
      url,
      t('If it was not you, do nothing: your password stays as it is.'),
    ]);
  }
  // The same answer for an address that nobody has.
  return sentPage(c, email.trim());
});

password.get('/reset-password', async (c) => {
  const secret = c.req.query('link') ?? '';
  const reset = await c.var.acme.links.find<Reset>('reset', secret);
  return resetPage(c, { secret, isOver: !reset });
});

password.post('/reset-password', async (c) => {
  const { people, links, sessions, twoFactor } = c.var.acme;
  const { password: chosen = '', link: secret = '' } = await formOf(c);
  const errors = passwordError(c, chosen);
  if (errors.password) {
    return resetPage(c, { secret, errors });
  }
  const reset = await links.take<Reset>('reset', secret);
  const person = reset && (await people.byId(reset.personId));
  if (!person) {
    return resetPage(c, { secret, isOver: true });
  }
  // Countersign first: whatever the old password vouched for must not outlive it.
  await twoFactor.passwordChanged(person);
  await people.setPassword({ ...person, emailVerified: true }, chosen);
  await sessions.endAll(person.id);
  return c.redirect('/sign-in?new-password', 303);
});
