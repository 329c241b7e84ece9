/** For who lost everything: how to get help, and for support the way to give it. Nothing here clears 2FA by itself. */
import { Hono } from 'hono';
import type { Env } from '../context.ts';
import { formOf } from '../input.ts';
import { helpPage, supportPage } from '../pages/support.ts';

export const support = new Hono<Env>();

/** What support ticks before it may act. */
export const checks = ['called', 'details', 'manager'] as const;

support.get('/support', async (c) => {
  const { acme, person } = c.var;
  if (!person || person.role === 'member') {
    return helpPage(c);
  }
  const email = c.req.query('email')?.trim();
  const found = email ? await acme.people.byEmail(email) : undefined;
  // Another account's people are nobody to this desk.
  const about = found?.accountId === person.accountId ? found : undefined;
  return supportPage(c, { email, about });
});

support.post('/support', async (c) => {
  const { acme, person } = c.var;
  const form = await formOf(c);
  const found = await acme.people.byEmail(form.email ?? '');
  if (!person || person.role === 'member' || found?.accountId !== person.accountId) {
    return c.redirect('/support', 303);
  }
  const isVerified = checks.every((check) => form[check] === 'on');
  return supportPage(c, { email: found.email, about: found, isVerified, isTold: true });
});
