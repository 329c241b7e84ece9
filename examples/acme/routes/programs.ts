/** For programs: an API key, which no second factor is asked of, and an old client that knows passwords alone. */
import { Hono } from 'hono';
import type { Env, Request } from '../context.ts';
import { clientOf, formOf } from '../input.ts';
import { legacyPage } from '../pages/legacy.ts';
import { isPassword } from '../people/passwords.ts';
import type { Person } from '../people/people.ts';

export const programs = new Hono<Env>();

programs.get('/api/me', async (c) => {
  const { acme } = c.var;
  const [, secret = ''] = /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
  const key = await acme.apiKeys.find(secret);
  const person = key && (await acme.people.byId(key.owner));
  if (!person) {
    return c.json({ error: 'This API key is not valid.' }, 401, { 'www-authenticate': 'Bearer' });
  }
  const secondFactor = await passedBy(c, person, 'api_key');
  return secondFactor
    ? c.json({ id: person.id, email: person.email, account: person.accountId, secondFactor })
    : c.json({ error: 'Signing in is not possible right now.' }, 503);
});

/** Acme Desktop 1.0, as a page: it has no place for a code. */
programs.get('/legacy-client', (c) => legacyPage(c, {}));

programs.post('/legacy-client', async (c) => {
  const { email = '', password } = await formOf(c);
  const person = await c.var.acme.people.byEmail(email.trim());
  if (!(await isPassword(password ?? '', person?.passwordHash)) || !person) {
    return legacyPage(c, { email, outcome: 'wrong' });
  }
  const secondFactor = await passedBy(c, person, 'password');
  return legacyPage(c, { email, outcome: secondFactor ? 'passed' : 'refused', secondFactor });
});

/** What stood for the second factor of a program that can show no prompt; nothing where one is due. */
async function passedBy(c: Request, person: Person, method: 'api_key' | 'password') {
  const started = await c.var.acme.twoFactor
    .start(person, { firstFactor: { method }, client: clientOf(c) })
    .catch(() => undefined);
  return started?.status === 'passed' ? started.secondFactor : undefined;
}
