/** Debian's chromium, driven by playwright-core, and what every page of ours must keep to. */
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
);

/** Whether there is a browser; without one, tests that need it are skipped, and this says why. */
export const hasBrowser = executablePath !== undefined;
if (!hasBrowser) {
  console.warn('Skipped: there is no chromium. Install it, or name one in CHROMIUM.');
}

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath as string });

/** What went wrong on a page without anybody asking for it. Empty on every page of ours. */
export type Watched = {
  page: Page;
  context: BrowserContext;
  /** Console errors, uncaught errors, violations of the Content-Security-Policy, and calls to other hosts. */
  complaints: string[];
  close(): Promise<void>;
};

export type PageOptions = {
  locale?: string;
  colorScheme?: 'light' | 'dark';
  /** In CSS pixels; 1024 x 768 unless given. */
  width?: number;
  height?: number;
  reducedMotion?: 'reduce';
  hasTouch?: boolean;
  permissions?: string[];
};

/** A page in a context of its own. Failed calls to the API are no complaint: refusals are part of a sign-in. */
export async function openPage(browser: Browser, options: PageOptions = {}): Promise<Watched> {
  const { width = 1024, height = 768, permissions, locale = 'en-GB', ...rest } = options;
  const viewport = { width, height };
  const context = await browser.newContext({ locale, viewport, timezoneId: 'Europe/Zurich', ...rest });
  if (permissions) {
    await context.grantPermissions(permissions);
  }
  const page = await context.newPage();
  // Many tests may share the machine.
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  await watch(page, complaints);
  return { page, context, complaints, close: () => context.close() };
}

async function watch(page: Page, complaints: string[]): Promise<void> {
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    const isRefusal = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isRefusal) {
      complaints.push(`console: ${message.text()}`);
    }
  });
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && !['127.0.0.1', 'localhost'].includes(hostname)) {
      complaints.push(`request to ${hostname}`);
    }
  });
  await page.exposeFunction('complain', (complaint: string) => complaints.push(complaint));
  await page.addInitScript(`addEventListener('securitypolicyviolation', (event) =>
    complain('blocked: ' + event.violatedDirective + ' ' + event.blockedURI))`);
}

/** A phone or key of one page's: WebAuthn's virtual authenticator. Another page has none, and its ceremonies hang. */
export type Key = {
  /** Whether it says that its owner was there; a sheet that is dismissed looks the same as `false`. */
  recognises(isOwner: boolean): Promise<unknown>;
  /** Whether somebody touches it when it blinks; without that, the browser's sheet stays. */
  isTouched(isTouched: boolean): Promise<unknown>;
  /** How many passkeys are on it. */
  count(): Promise<number>;
  unplug(): Promise<unknown>;
};

/** Gives a page an authenticator that checks its owner, built into the device unless `transport` says otherwise. */
export async function plugIn(page: Page, transport: 'internal' | 'usb' = 'internal'): Promise<Key> {
  const debug = await page.context().newCDPSession(page);
  await debug.send('WebAuthn.enable');
  const options = {
    protocol: 'ctap2',
    transport,
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const;
  const { authenticatorId } = await debug.send('WebAuthn.addVirtualAuthenticator', { options });
  return {
    recognises: (isUserVerified) =>
      debug.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    isTouched: (enabled) =>
      debug.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
    count: async () => (await debug.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
    unplug: () => debug.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }),
  };
}

/** Waits until `condition` answers something truthy, and answers it. Fails with what it saw last. */
export async function until<T>(condition: () => Promise<T> | T, timeoutMs = 30_000): Promise<NonNullable<T>> {
  const endMs = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < endMs) {
    last = await Promise.resolve(condition()).catch((error: unknown) => error);
    if (last && !(last instanceof Error)) {
      return last as NonNullable<T>;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Waited ${timeoutMs} ms in vain; last: ${String(last)}`);
}

const axeSource = axe.source;
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe holds against the page as it stands, by WCAG 2.2 AA, each with the place. */
export async function accessibilityProblems(page: Page, within = 'body'): Promise<string[]> {
  // By the debugger, so that the page's own Content-Security-Policy does not stand in the way.
  await page.evaluate(axeSource);
  const found = (await page.evaluate(
    `axe.run(${JSON.stringify(within)}, { runOnly: ${JSON.stringify(tags)}, rules: { region: { enabled: false } } })`,
  )) as axe.AxeResults;
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  );
}

/** By how many CSS pixels the page is wider than its window: more than 0 means that it scrolls sideways. */
export const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
