/** The hosted prompt's page. `POST /v1/challenges/read` is answered from what the sign-in's start answered. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { StartRequest } from '../../client/server.ts';
import { buildPromptPage } from '../../scripts/build-web.ts';
import {
  accessibilityProblems,
  hasBrowser,
  openPage,
  sidewaysScroll,
  startBrowser,
  until,
} from '../support/browser.ts';
import { type PageServer, startPageServer } from '../support/page-server.ts';
import { type SignInPages, SignInPerson, startSignInPages } from '../support/sign-in-pages.ts';

vi.setConfig({ testTimeout: 120_000 });

let dir: string;
let world: SignInPages;
let pages: PageServer;
let browser: Browser;

/** A sign-in that has come to the hosted prompt: the address, and what the API says of its token. */
async function hosted(person: SignInPerson, asked: Partial<StartRequest> = {}) {
  const started = await person.start(asked);
  if (started.status === 'passed') {
    throw new Error('no second factor was asked for');
  }
  const read = {
    ...started,
    product: 'Acme',
    email: 'a***@example.com',
    client: { ip: '203.0.113.7', device: 'Firefox on Windows' },
    locale: 'en-GB',
    returnOrigin: pages.url,
  };
  pages.put('/v1/challenges/read', JSON.stringify(read), 'application/json');
  return `${pages.url}/prompt#${started.challengeToken}`;
}

/** Where the API will send the browser: `verify` does not answer `redirectTo` yet. */
const redirecting = (page: Page) =>
  page.route('**/v1/challenges/verify', async (route) => {
    const response = await route.fetch();
    const { token: _token, ...passed } = await response.json();
    await route.fulfill({ response, json: { ...passed, redirectTo: `${pages.url}/back?resultCode=r` } });
  });

describe.skipIf(!hasBrowser)('the hosted prompt', () => {
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'hosted-'));
    world = await startSignInPages();
    await buildPromptPage(dir);
    pages = await startPageServer(dir, world.local.url);
    pages.put('/prompt', readFileSync(join(dir, 'index.html'), 'utf8'));
    pages.put(
      '/back',
      '<!doctype html><html lang="en"><title>Back</title><link rel="icon" href="/icon.svg"><p>Welcome back</p></html>',
    );
    pages.put('/icon.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml');
    browser = await startBrowser();
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await pages?.close();
    await world?.close();
    rmSync(dir, { recursive: true });
  });

  it('says who signs in and from where, clears the address, goes on after a reload, and goes back once passed', async () => {
    const person = await new SignInPerson(world).enrolled();
    const { page, complaints, close } = await openPage(browser, { width: 640 });
    await redirecting(page);
    await page.goto(await hosted(person));
    await page.getByLabel('Authentication code').waitFor();
    await page.getByText('Signing in as a***@example.com, from Firefox on Windows, 203.0.113.7').waitFor();
    expect(page.url()).toBe(`${pages.url}/prompt`);
    expect(await page.title()).toBe('Two-factor authentication – Acme');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Two-factor authentication');
    if (process.env.SCREENSHOTS) {
      await page.screenshot({ path: join(process.env.SCREENSHOTS, 'hosted.png') });
    }
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel('Authentication code').pressSequentially('12');
    await page.keyboard.press('Enter');
    await until(async () => (await page.title()) === 'Error: Two-factor authentication – Acme');
    await page.reload();
    await page.getByLabel('Authentication code').pressSequentially(person.code());
    await page.keyboard.press('Enter');
    await page.getByText('Welcome back').waitFor();
    expect(page.url()).toBe(`${pages.url}/back?resultCode=r`);
    expect(
      await page.evaluate('Object.keys(sessionStorage).filter((key) => key.includes("hosted"))'),
    ).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('R88 shows what a step-up confirms, and who confirms it from where', async () => {
    const person = await new SignInPerson(world).enrolled();
    const action = {
      name: 'transfer.create',
      details: { Recipient: 'Grace Hopper', Amount: 'CHF 1,250.00' },
    };
    const { page, complaints, close } = await openPage(browser, { width: 360, colorScheme: 'dark' });
    await redirecting(page);
    await page.goto(await hosted(person, { firstFactor: { method: 'session' }, action }));
    await page.getByRole('heading', { name: 'Check before you confirm' }).waitFor();
    await page.getByText('Confirming as a***@example.com, from Firefox on Windows, 203.0.113.7').waitFor();
    expect(await page.locator('dl').textContent()).toMatch(
      /Recipient\s*Grace Hopper\s*Amount\s*CHF 1,250\.00/,
    );
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
    await page.getByLabel('Authentication code').pressSequentially(person.code());
    await page.keyboard.press('Enter');
    await page.getByText('Welcome back').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('without a token says that the sign-in cannot go on, and names no place to go', async () => {
    const { page, complaints, close } = await openPage(browser, { width: 320 });
    await page.goto(`${pages.url}/prompt`);
    await page.getByText("This sign-in can't go on here.").waitFor();
    await page.getByText('Go back to this app and sign in again.').waitFor();
    expect(await page.getByRole('link').count()).toBe(0);
    expect(await page.title()).toBe('Error: Two-factor authentication');
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  it('with a token that the API does not take says the same', async () => {
    pages.put('/v1/challenges/read', '{"code":"challenge_invalid"}', 'application/problem+json');
    const { page, close } = await openPage(browser);
    await page.route('**/v1/challenges/read', (route) =>
      route.fulfill({
        status: 401,
        contentType: 'application/problem+json',
        body: '{"code":"challenge_invalid"}',
      }),
    );
    await page.goto(`${pages.url}/prompt#nonsense`);
    await page.getByText("This sign-in can't go on here.").waitFor();
    await close();
  });
});
