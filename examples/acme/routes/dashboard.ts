/** Where one lands after signing in. */
import { Hono } from 'hono';
import type { Env } from '../context.ts';
import { dashboardPage } from '../pages/dashboard.ts';
import { requirePerson, signedIn } from './guards.ts';

export const dashboard = new Hono<Env>();

dashboard.get('/', (c) => c.redirect(c.var.person ? '/dashboard' : '/sign-in'));

dashboard.get('/dashboard', requirePerson, async (c) => {
  const { acme } = c.var;
  const { person, session } = signedIn(c);
  const [account, status] = await Promise.all([
    acme.people.account(person.accountId),
    // A dashboard without its banners is better than none.
    acme.twoFactor.status(person, session).catch(() => undefined),
  ]);
  return dashboardPage(c, { account, status });
});
