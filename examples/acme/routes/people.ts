/** The account's people: Countersign's admin element, and Acme's own members and roles. */
import { Hono } from 'hono';
import type { Env, Request } from '../context.ts';
import { formOf } from '../input.ts';
import { emailError } from '../pages/forms.ts';
import { peoplePage } from '../pages/people.ts';
import { type Role, roles } from '../people/people.ts';
import { done, requirePerson, signedIn } from './guards.ts';

const path = '/settings/users-and-security';

export const people = new Hono<Env>();

people.use(`${path}/*`, requirePerson);

people.get(path, requirePerson, (c) => show(c));

people.post(`${path}/members`, async (c) => {
  const { acme, t } = c.var;
  const { person } = signedIn(c);
  const form = await formOf(c);
  const email = (form.email ?? '').trim().toLowerCase();
  if (person.role !== 'manager') {
    return show(c);
  }
  const isTaken = (await acme.people.byEmail(email)) !== undefined;
  const taken = { email: t('There is an account with this address already.') };
  const errors = isTaken ? taken : emailError(t, email);
  if (errors.email) {
    return show(c, { email, errors });
  }
  const { accountId } = person;
  const secret = await acme.links.make('invitation', { accountId, email, role: roleOf(form.role) });
  const url = new URL(`/sign-up?invitation=${secret}`, c.req.url).href;
  await acme.mail(email, t('{name} invites you to Acme', { name: person.name }), [
    t('Join the team with a password of your own, within a week:'),
    url,
  ]);
  return done(c, path, t('An invitation is on its way to {email}.', { email }));
});

people.post(`${path}/members/:id/role`, async (c) => {
  const { acme, t } = c.var;
  const { person } = signedIn(c);
  const member = await acme.people.byId(c.req.param('id'));
  const isTheirs = person.role === 'manager' && member?.accountId === person.accountId;
  if (!member || !isTheirs || member.id === person.id) {
    return show(c);
  }
  const changed = await acme.people.save({ ...member, role: roleOf((await formOf(c)).role) });
  await acme.twoFactor.sync(changed);
  return done(c, path, t('{email} has a new role.', { email: member.email }));
});

async function show(c: Request, invitation: { email?: string; errors?: Record<string, string> } = {}) {
  const { acme } = c.var;
  const { accountId } = signedIn(c).person;
  const [account, members] = await Promise.all([
    acme.people.account(accountId),
    acme.people.ofAccount(accountId),
  ]);
  return peoplePage(c, { account, members, ...invitation });
}

const roleOf = (text: string | undefined): Role => roles.find((role) => role === text) ?? 'member';
