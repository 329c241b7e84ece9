/**
 * `npm run pictures`: the README's two pictures, each in light and dark, from running Acme into `docs/pictures`.
 * What they show is what the pages show: nothing is drawn but the paper that the screens lie on.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { patientAssembly } from '../local/dev/patient-assembly.ts';
import { startLocal } from '../local/start-local.ts';
import { code, type Inhabited, inhabit, shownAt } from './pictures/people.ts';

type Scheme = 'light' | 'dark';
/** A screen and where it lies, in CSS pixels of the picture. */
type Screen = { png: Buffer; left: number; top: number; width: number };

const outDir = fileURLToPath(new URL('../docs/pictures', import.meta.url));
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const largestBytes = 200 * 1024;
const size = { width: 1280, height: 720 };

const log = (source: string, line: string) =>
  /error|fail/i.test(line) && console.error(source, line.slice(0, 400));
const local = await startLocal({ port: 0, acme: true, assembly: await patientAssembly(), log });
const browser = await chromium.launch({ executablePath });
try {
  const acmeUrl = local.acme?.url as string;
  const inhabited = await inhabit(local);
  mkdirSync(outDir, { recursive: true });
  for (const scheme of ['light', 'dark'] as const) {
    const other = scheme === 'light' ? 'dark' : 'light';
    const users = [await enableDialog(acmeUrl, scheme), await prompt(acmeUrl, inhabited, other)];
    save(`users-${scheme}.webp`, await compose(browser, scheme, users));
    const admins = await adminPages(acmeUrl, inhabited, scheme);
    save(`admins-${scheme}.webp`, await compose(browser, scheme, admins));
  }
} finally {
  await browser.close();
  await local.close();
}

async function open(url: string, scheme: Scheme, width: number, height: number): Promise<Page> {
  const context = await browser.newContext({
    colorScheme: scheme,
    deviceScaleFactor: 2,
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width, height },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  // The page's own clock, too: texts such as "in 5 minutes" compare the two.
  await page.clock.setSystemTime(shownAt);
  await page.goto(url);
  return page;
}

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('Email', { exact: true }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** The security page with the dialog that sets the authenticator up. The key in it is never confirmed. */
async function enableDialog(acmeUrl: string, scheme: Scheme): Promise<Screen> {
  const page = await open(`${acmeUrl}/sign-in`, scheme, 940, 790);
  await signIn(page, 'noah@example.com', 'noah-green-hill');
  await page.waitForURL('**/dashboard');
  await page.goto(`${acmeUrl}/settings/security`);
  await page.getByRole('button', { name: 'Enable 2FA' }).click();
  const choice = page.getByRole('dialog').getByRole('button', { name: /^Authenticator app/ });
  await choice.or(page.getByText('Setup key')).first().waitFor();
  if (await choice.isVisible()) {
    await choice.click();
  }
  const field = page.getByLabel('Authentication code', { exact: true });
  await field.pressSequentially('482 913');
  const png = await page.screenshot();
  await page.context().close();
  return { png, left: 40, top: 28, width: 790 };
}

/** The prompt of a sign-in, at the width of a phone. */
async function prompt(acmeUrl: string, { member }: Inhabited, scheme: Scheme): Promise<Screen> {
  const page = await open(`${acmeUrl}/sign-in`, scheme, 390, 640);
  await signIn(page, member.email, member.password);
  await page.getByLabel(/^Remember this device/).waitFor();
  const png = await page.locator('main').screenshot();
  await page.context().close();
  return { png, left: 826, top: 60, width: 390 };
}

/** The table of people, and over it the dialog that says what a change would do. */
async function adminPages(acmeUrl: string, { manager }: Inhabited, scheme: Scheme): Promise<Screen[]> {
  const page = await open(`${acmeUrl}/sign-in`, scheme, 1100, 900);
  await signIn(page, manager.email, manager.password);
  await page
    .getByLabel('Authentication code', { exact: true })
    .pressSequentially(code(local, manager.secret));
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  await page.waitForURL('**/dashboard');
  await page.goto(`${acmeUrl}/settings/users-and-security`);
  const table = page.locator('section').filter({ has: page.getByRole('table', { name: 'People' }) });
  await table.waitFor();
  await page.getByLabel('Search by email', { exact: true }).fill('berlin');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.getByText('Codes off', { exact: true }).waitFor();
  const people = await top(table, 930);
  await page.getByLabel('Require two-factor authentication', { exact: true }).check();
  await page.getByLabel('Email', { exact: true }).uncheck();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Password', { exact: true }).fill(manager.password);
  const proof = dialog.getByLabel('Authentication code', { exact: true });
  if (await proof.isVisible()) {
    local.clock.advance(31);
    await proof.pressSequentially(code(local, manager.secret));
  }
  await dialog.getByRole('button', { name: 'Confirm', exact: true }).click();
  await page.getByLabel('Code from the email', { exact: true }).waitFor();
  const change = await dialog.screenshot();
  await page.context().close();
  return [
    { png: people, left: 110, top: 33, width: 540 },
    { png: change, left: 626, top: 36, width: 540 },
  ];
}

/** The upper part of an element, at most `height` pixels of it. */
async function top(element: Locator, height: number): Promise<Buffer> {
  await element.page().evaluate('scrollTo(0, 0)');
  const box = await element.boundingBox();
  if (!box) {
    throw new Error('It is not to be seen.');
  }
  const clip = { ...box, height: Math.min(box.height, height) };
  return element.page().screenshot({ fullPage: true, clip });
}

/** The screens on paper, as WebP of the best quality that is small enough. */
async function compose(by: Browser, scheme: Scheme, screens: Screen[]): Promise<Buffer> {
  const page = await by.newPage({ viewport: size, deviceScaleFactor: 2, colorScheme: scheme });
  const images = screens.map(
    ({ png, left, top: y, width }) =>
      `<img style="left:${left}px;top:${y}px;width:${width}px" src="data:image/png;base64,${png.toString('base64')}">`,
  );
  await page.setContent(`<!doctype html><style>
    body { margin: 0; height: 100vh; overflow: hidden; background: ${scheme === 'light' ? '#dfe6f0' : '#05080c'} }
    img { position: absolute; border-radius: 12px; outline: 1px solid ${scheme === 'light' ? '#b9c4d3' : '#34414f'}; box-shadow: 0 12px 32px #0003 }
  </style>${images.join('')}`);
  const png = await page.screenshot();
  const webp = (await page.evaluate(`(async () => {
    const image = await createImageBitmap(await (await fetch('data:image/png;base64,${png.toString('base64')}')).blob());
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    canvas.getContext('2d').drawImage(image, 0, 0);
    const texts = [1, 0.95, 0.9, 0.85, 0.8].map((quality) => canvas.toDataURL('image/webp', quality).split(',')[1]);
    return texts.find((text) => text.length * 0.75 <= ${largestBytes}) ?? texts.at(-1);
  })()`)) as string;
  await page.close();
  return Buffer.from(webp, 'base64');
}

function save(name: string, picture: Buffer): void {
  writeFileSync(join(outDir, name), picture);
  if (picture.length > largestBytes) {
    throw new Error(`${name} has ${picture.length} bytes, more than ${largestBytes}.`);
  }
  console.log(`${name}: ${Math.round(picture.length / 1024)} KB`);
}
