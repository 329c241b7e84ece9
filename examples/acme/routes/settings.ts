/** One's own settings, and the two small JSON routes that Countersign's elements need of the app. */
import { Hono } from 'hono';
import type { Env, Request } from '../context.ts';
import { formOf, jsonOf } from '../input.ts';
import { securityPage } from '../pages/security.ts';
import { isPassword } from '../people/passwords.ts';
import { done, requirePerson, signedIn } from './guards.ts';

export const settings = new Hono<Env>();

settings.use('/settings/*', requirePerson);

settings.get('/settings', (c) => c.redirect('/settings/security'));

settings.get('/settings/security', async (c) => securityPage(c, await shown(c)));

/** A token for `countersign-security` (page `own`) or `countersign-admin` (page `account`). */
settings.post('/settings/page-token', async (c) => {
  const { person, session } = signedIn(c);
  const { page } = await jsonOf(c);
  const token = await c.var.acme.twoFactor.pageToken(person, session, page === 'account' ? 'account' : 'own');
  return c.json({ token });
});

/** Checks the password again, before a sensitive act. */
settings.post('/settings/confirm-password', async (c) => {
  const { acme } = c.var;
  const { person, session } = signedIn(c);
  const { password } = await jsonOf(c);
  if (typeof password !== 'string' || !(await isPassword(password, person.passwordHash))) {
    return c.json({ confirmed: false }, 403);
  }
  await acme.sessions.save({ ...session, reauthenticatedAtMs: acme.clock.now() });
  return c.json({ confirmed: true });
});

settings.post('/settings/google/disconnect', async (c) => {
  const { t } = c.var;
  const { person } = signedIn(c);
  if (!person.passwordHash) {
    return done(c, '/settings/security', t('Choose a password first, or you could not sign in any more.'));
  }
  await c.var.acme.people.disconnectGoogle(person);
  return done(
    c,
    '/settings/security',
    t(
      "Google account disconnected. From now on you'll be asked for a code when you sign in with your password.",
    ),
  );
});

settings.post('/settings/api-keys', async (c) => {
  const { person } = signedIn(c);
  const { label = '' } = await formOf(c);
  const newKey = await c.var.acme.apiKeys.make(person.id, label.trim().slice(0, 60));
  return securityPage(c, { ...(await shown(c)), newKey });
});

settings.post('/settings/api-keys/:id/revoke', async (c) => {
  await c.var.acme.apiKeys.revoke(signedIn(c).person.id, c.req.param('id'));
  return done(c, '/settings/security#api-keys', c.var.t('API key revoked.'));
});

async function shown(c: Request) {
  const { acme } = c.var;
  const { person } = signedIn(c);
  const [account, apiKeys] = await Promise.all([
    acme.people.account(person.accountId),
    acme.apiKeys.of(person.id),
  ]);
  return { account, apiKeys };
}
