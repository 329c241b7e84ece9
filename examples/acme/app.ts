/** Acme as one Hono app: what every request passes, then the pages. */
import { Hono } from 'hono';
import { csrf } from 'hono/csrf';
import { languageDetector } from 'hono/language';
import { secureHeaders } from 'hono/secure-headers';
import { createAssets } from './assets.ts';
import { type Acme, type Env, loadSession } from './context.ts';
import { languages, translator } from './languages.ts';
import { errorPage, notFoundPage } from './pages/problems.ts';
import { dashboard } from './routes/dashboard.ts';
import { demo } from './routes/demo.ts';
import { google } from './routes/google.ts';
import { password } from './routes/password.ts';
import { people } from './routes/people.ts';
import { programs } from './routes/programs.ts';
import { settings } from './routes/settings.ts';
import { signIn } from './routes/sign-in.ts';
import { signUp } from './routes/sign-up.ts';
import { support } from './routes/support.ts';
import { tour } from './routes/tour.ts';
import { transfer } from './routes/transfer.ts';

export async function createApp(acme: Acme): Promise<Hono<Env>> {
  const app = new Hono<Env>();
  app.use(headersFor(acme));
  app.route('/', await createAssets());
  app.use(csrf());
  app.use(
    languageDetector({
      supportedLanguages: languages,
      fallbackLanguage: 'en',
      lookupCookie: 'acme_language',
    }),
  );
  app.use(async (c, next) => {
    await acme.clock.refresh();
    const language = c.get('language');
    c.set('acme', acme);
    c.set('t', translator(language));
    c.header('cache-control', 'no-store');
    await next();
  });
  app.use(loadSession);
  for (const routes of [
    dashboard,
    signIn,
    signUp,
    google,
    password,
    settings,
    people,
    support,
    programs,
    tour,
    transfer,
  ]) {
    app.route('/', routes);
  }
  if (acme.config.devUrl) {
    app.route('/', demo);
  }
  app.notFound(notFoundPage);
  app.onError(errorPage);
  return app;
}

/** Nothing inline, nothing from elsewhere; the browser talks to Acme and to Countersign alone. */
function headersFor({ config }: Acme) {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'", config.countersignUrl],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: 'same-origin',
    // On a server, HTTPS alone.
    strictTransportSecurity: config.devUrl === undefined,
  });
}
