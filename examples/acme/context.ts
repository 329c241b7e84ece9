/** What every route of Acme has at hand. */
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { CookieOptions } from 'hono/utils/cookie';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Google } from './google/client.ts';
import type { Translate } from './languages.ts';
import type { SendMail } from './mail.ts';
import type { ApiKeys } from './people/api-keys.ts';
import type { Links } from './people/links.ts';
import type { People, Person } from './people/people.ts';
import type { Session, Sessions } from './people/sessions.ts';
import type { Transfers } from './people/transfers.ts';
import type { TwoFactor } from './two-factor.ts';

export type Acme = {
  config: Config;
  clock: Clock;
  people: People;
  sessions: Sessions;
  links: Links;
  apiKeys: ApiKeys;
  transfers: Transfers;
  google: Google;
  mail: SendMail;
  twoFactor: TwoFactor;
};

export type Env = {
  Variables: {
    acme: Acme;
    t: Translate;
    language: string;
    session: Session | undefined;
    person: Person | undefined;
    /** What the last act did, to be said on this page. */
    notice: string | undefined;
  };
};
export type Request = Context<Env>;

const sessionCookie = 'acme_session';
const deviceCookieLifeSeconds = 90 * 24 * 60 * 60;

/** Loads who is signed in, for the routes behind it. */
export async function loadSession(c: Request, next: () => Promise<void>): Promise<void> {
  const { sessions, people } = c.var.acme;
  const session = await sessions.find(getCookie(c, sessionCookie));
  c.set('session', session);
  c.set('person', session?.owner === undefined ? undefined : await people.byId(session.owner));
  if (session?.notice !== undefined && c.req.method === 'GET') {
    const { notice, ...rest } = session;
    await sessions.save(rest);
    c.set('session', rest);
    c.set('notice', notice);
  }
  await next();
}

/** Opens a session in this browser, in place of the one that it had. */
export async function openSession(c: Request, content: Partial<Session>): Promise<void> {
  const { sessions } = c.var.acme;
  if (c.var.session) {
    await sessions.end(c.var.session);
  }
  const { secret, session } = await sessions.open(content);
  c.set('session', session);
  setCookie(c, sessionCookie, secret, cookieOptions(c));
}

export async function endSession(c: Request): Promise<void> {
  if (c.var.session) {
    await c.var.acme.sessions.end(c.var.session);
  }
  deleteCookie(c, sessionCookie, cookieOptions(c));
}

/** A browser may be remembered for several people: each has a cookie of their own. */
export function deviceToken(c: Request, person: Person): string | undefined {
  return getCookie(c, deviceCookie(person));
}

export function rememberDevice(c: Request, person: Person, token: string): void {
  setCookie(c, deviceCookie(person), token, { ...cookieOptions(c), maxAge: deviceCookieLifeSeconds });
}

const deviceCookie = ({ id }: Person) => `acme_device_${id}`;

function cookieOptions(c: Request): CookieOptions {
  return { path: '/', httpOnly: true, sameSite: 'Lax', secure: c.req.url.startsWith('https:') };
}

/** A path of Acme's own to go to afterwards; never another site's. */
export function safePath(path: string | undefined): string {
  return path && /^\/(?![/\\])/.test(path) ? path : '/dashboard';
}
