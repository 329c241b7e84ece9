/** Who may come to a page. */
import { createMiddleware } from 'hono/factory';
import type { Env, Request } from '../context.ts';
import type { Person } from '../people/people.ts';
import type { Session } from '../people/sessions.ts';

/** Only who is signed in; everybody else signs in first and comes back. */
export const requirePerson = createMiddleware<Env>(async (c, next) => {
  if (!c.var.person) {
    return c.req.method === 'GET'
      ? c.redirect(`/sign-in?next=${encodeURIComponent(c.req.path)}`)
      : c.redirect('/sign-in', 303);
  }
  return next();
});

/** Behind `requirePerson`. */
export function signedIn(c: Request): { person: Person; session: Session } {
  const { person, session } = c.var;
  if (!person || !session) {
    throw new Error('Nobody is signed in.');
  }
  return { person, session };
}

/** Goes on to a page that says what was done. */
export async function done(c: Request, path: string, notice: string) {
  const { session } = signedIn(c);
  await c.var.acme.sessions.save({ ...session, notice });
  return c.redirect(path, 303);
}
