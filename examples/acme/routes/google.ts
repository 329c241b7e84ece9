/** "Sign in with Google": signing in, connecting an account, and vouching once more for who is signed in. */
import { Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { type Env, type Request, safePath } from '../context.ts';
import type { Flow, GoogleAccount } from '../google/client.ts';
import { hashOf } from '../people/secrets.ts';
import type { Entry } from '../people/table.ts';
import { goOn } from './sign-in.ts';

/** A trip to the provider and back. */
type Trip = Entry & { flow: Flow; next: string; expiresAtMs: number };

const tripCookie = 'acme_google';
const tripLifeMs = 10 * 60_000;

export const google = new Hono<Env>();

google.get('/google', async (c) => {
  const { acme } = c.var;
  const { url, flow } = await acme.google.begin(callbackOf(c));
  const next = safePath(c.req.query('next'));
  await acme.people.table.put<Trip>({
    key: `trip#${hashOf(flow.state)}`,
    flow,
    next,
    expiresAtMs: acme.clock.now() + tripLifeMs,
  });
  setCookie(c, tripCookie, flow.state, { path: '/google', httpOnly: true, sameSite: 'Lax' });
  return c.redirect(url.href);
});

google.get('/google/callback', async (c) => {
  const { acme, person } = c.var;
  const trip = await acme.people.table.take<Trip>(`trip#${hashOf(getCookie(c, tripCookie) ?? '')}`);
  if (!trip || trip.expiresAtMs < acme.clock.now()) {
    return c.redirect('/sign-in');
  }
  const callback = new URL(`${callbackOf(c)}${new URL(c.req.url).search}`);
  const account = await acme.google.finish(callback, trip.flow).catch(() => undefined);
  if (!account) {
    return c.redirect('/sign-in');
  }
  return person ? vouchOrConnect(c, account, trip.next) : signInWith(c, account, trip.next);
});

/** Somebody is signed in: the provider vouches for them once more, or becomes another way in. */
async function vouchOrConnect(c: Request, { sub, email }: GoogleAccount, next: string) {
  const { acme, t } = c.var;
  const person = c.var.person as NonNullable<typeof c.var.person>;
  const session = c.var.session as NonNullable<typeof c.var.session>;
  if (person.google?.sub === sub) {
    await acme.sessions.save({ ...session, reauthenticatedAtMs: acme.clock.now() });
    return c.redirect(next);
  }
  const isTheirs = !person.google && (await acme.people.connectGoogle(person, { sub, email }));
  const notice = isTheirs
    ? t('Google account connected.')
    : t('That Google account belongs to somebody else.');
  await acme.sessions.save({ ...session, notice });
  return c.redirect(next);
}

async function signInWith(c: Request, { sub, email, emailVerified, amr }: GoogleAccount, next: string) {
  const { people, config, twoFactor } = c.var.acme;
  const known = await people.byGoogle(sub);
  const place = { accountId: config.openTeam ?? 'acme', role: 'member' } as const;
  const person = known ?? (await people.add({ ...place, email, emailVerified, google: { sub, email } }));
  if (!person) {
    // An account with this address has a password: it is connected by its owner, not by an address.
    return c.redirect('/sign-in?taken');
  }
  if (!known) {
    await twoFactor.sync(person);
  }
  return goOn(c, person, { method: 'federated', amr }, next);
}

const callbackOf = (c: Request) => new URL('/google/callback', c.req.url).href;
