/** Signing up: by oneself, or by an invitation to an account. */
import { Hono } from 'hono';
import type { Env, Request } from '../context.ts';
import { formOf } from '../input.ts';
import { type Errors, emailError } from '../pages/forms.ts';
import { signUpPage } from '../pages/sign-up.ts';
import type { Invitation } from '../people/links.ts';
import { longestPassword, shortestPassword } from '../people/passwords.ts';
import type { Role } from '../people/people.ts';
import { newId } from '../people/secrets.ts';
import { goOn } from './sign-in.ts';

export const signUp = new Hono<Env>();

signUp.get('/sign-up', async (c) => {
  const secret = c.req.query('invitation') ?? '';
  const invitation = await c.var.acme.links.find<Invitation>('invitation', secret);
  return signUpPage(c, { secret, invitation, isOver: secret !== '' && !invitation });
});

signUp.post('/sign-up', async (c) => {
  const { people, links, twoFactor } = c.var.acme;
  const { password = '', invitation: secret = '', team, ...form } = await formOf(c);
  const invitation = await links.find<Invitation>('invitation', secret);
  const email = invitation?.email ?? form.email?.trim() ?? '';
  const errors = { ...emailError(c.var.t, email), ...passwordError(c, password) };
  if (Object.keys(errors).length > 0) {
    return signUpPage(c, { email, team, secret, invitation, errors });
  }
  const place = invitation ?? (await placeOf(c, team, email));
  // Whoever holds the mailed link reads that mailbox.
  const emailVerified = invitation !== undefined;
  const person = await people.add({
    accountId: place.accountId,
    role: place.role,
    email,
    password,
    emailVerified,
  });
  if (!person) {
    const taken = { email: c.var.t('There is an account with this address already. Sign in instead.') };
    return signUpPage(c, { email, team, secret, invitation, errors: taken });
  }
  await links.take('invitation', secret);
  await twoFactor.sync(person);
  return goOn(c, person, { method: 'password' }, '/dashboard');
});

/** What is wrong with a new password. */
export function passwordError({ var: { t } }: Request, password: string): Errors {
  const fits = password.length >= shortestPassword && password.length <= longestPassword;
  return fits
    ? {}
    : { password: t('Choose a password of at least {n} characters.', { n: shortestPassword }) };
}

/** Where somebody without an invitation belongs: the open team of the demo, or a new account of their own. */
async function placeOf(
  c: Request,
  team: string | undefined,
  email: string,
): Promise<{ accountId: string; role: Role }> {
  const { config, people } = c.var.acme;
  if (config.openTeam && team !== 'own') {
    return { accountId: config.openTeam, role: 'member' };
  }
  const id = newId('acc');
  await people.addAccount(id, email.split('@')[1] ?? id);
  return { accountId: id, role: 'manager' };
}
