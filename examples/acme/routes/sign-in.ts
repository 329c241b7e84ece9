/** Signing in and out: the password here, then whatever Countersign asks for, on the same page. */
import { Hono } from 'hono';
import type { Request } from '../context.ts';
import { deviceToken, type Env, endSession, openSession, rememberDevice, safePath } from '../context.ts';
import { clientOf, formOf, jsonOf } from '../input.ts';
import type { Errors } from '../pages/forms.ts';
import { signInPage, unavailablePage } from '../pages/sign-in.ts';
import { isPassword } from '../people/passwords.ts';
import type { Person } from '../people/people.ts';
import type { FirstFactor } from '../people/sessions.ts';

export const signIn = new Hono<Env>();

signIn.get('/sign-in', async (c) => {
  const { person, session } = c.var;
  if (person) {
    return c.redirect('/dashboard');
  }
  if (session?.pending && c.req.query('again') !== undefined) {
    await endSession(c);
    return c.redirect('/sign-in');
  }
  const { t } = c.var;
  const notices: [query: string, text: string][] = [
    ['new-password', t("Your password is new. You'll still be asked for a code.")],
    [
      'taken',
      t(
        'There is a password for this address. Sign in with it, and connect Google in your security settings.',
      ),
    ],
  ];
  const notice = notices.find(([query]) => c.req.query(query) !== undefined)?.[1];
  return signInPage(c, { next: safePath(c.req.query('next')), notice });
});

signIn.post('/sign-in', async (c) => {
  const { t } = c.var;
  const { email = '', password = '', next } = await formOf(c);
  const errors: Errors = {
    ...(email === '' && { email: t('Enter your email address, such as name@example.com.') }),
    ...(password === '' && { password: t('Enter your password.') }),
  };
  if (Object.keys(errors).length > 0) {
    return signInPage(c, { email, next: safePath(next), errors });
  }
  const person = await c.var.acme.people.byEmail(email);
  if (!(await isPassword(password, person?.passwordHash)) || !person) {
    const wrong = { password: t("Email or password isn't right.") };
    return signInPage(c, { email, next: safePath(next), errors: wrong });
  }
  return goOn(c, person, { method: 'password' }, safePath(next));
});

/** The prompt is done: its token completes the sign-in that waits in this browser's session. */
signIn.post('/sign-in/second-factor', async (c) => {
  const { acme, session } = c.var;
  const { token, deviceToken: device } = await jsonOf(c);
  const person = session?.pending && (await acme.people.byId(session.pending.personId));
  if (!session?.pending || !person) {
    return c.json({ next: '/sign-in?again' }, 409);
  }
  const { pending } = session;
  const claims = await acme.twoFactor.finish(person, pending, token);
  if (typeof device === 'string') {
    rememberDevice(c, person, device);
  }
  await openSession(c, {
    owner: person.id,
    firstFactor: pending.firstFactor,
    secondFactor: claims.second_factor,
    amr: claims.amr,
    result: { token: String(token), expiresAtMs: claims.exp * 1000 },
  });
  // Who had nothing but a temporary code sets something up, while that takes no proof.
  const isTemporary = claims.second_factor === 'temporary_code';
  return c.json({ next: isTemporary ? '/settings/security' : pending.next });
});

signIn.post('/sign-out', async (c) => {
  await endSession(c);
  return c.redirect('/sign-in', 303);
});

/** The first factor was right: signed in, or on to the prompt. Countersign decides which. */
export async function goOn(c: Request, person: Person, firstFactor: FirstFactor, next: string) {
  const { twoFactor, people } = c.var.acme;
  const started = await twoFactor
    .start(person, {
      firstFactor,
      deviceToken: deviceToken(c, person),
      client: clientOf(c),
      locale: c.var.language,
    })
    .catch(() => undefined);
  // Without an answer nobody gets in: Acme would rather be closed than open.
  if (!started) {
    return unavailablePage(c);
  }
  if (started.status === 'passed') {
    await openSession(c, { owner: person.id, firstFactor, secondFactor: started.secondFactor });
    return c.redirect(next, 303);
  }
  const { challengeId } = started;
  const { name: team } = await people.account(person.accountId);
  await openSession(c, {
    pending: { personId: person.id, firstFactor, challengeId, challenge: started, team, next },
  });
  return c.redirect('/sign-in', 303);
}
