/** Running Acme beside the whole local service, and what a visitor does on its pages. */

import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { patientAssembly } from '../../local/dev/patient-assembly.ts';
import { type Local, startLocal } from '../../local/start-local.ts';
import { openPage, type PageOptions, startBrowser, until, type Watched } from './browser.ts';
import { base32Bytes, independentCode } from './independent-totp.ts';

export type RunningAcme = {
  local: Local;
  browser: Browser;
  url: string;
  /** A browser of somebody's own, at Acme. */
  visit(options?: PageOptions): Promise<Visitor>;
  /** The code of the newest message to an address whose subject fits; waits for it. */
  codeTo(email: string, subject?: RegExp): Promise<string>;
  close(): Promise<void>;
};

export const password = 'a quiet river';
let people = 0;
export const newEmail = (name = 'visitor') => `${name}-${++people}@example.com`;

/** The local service and Acme. */
export async function startAcme(port = 0): Promise<Local> {
  return startLocal({ port, acme: true, assembly: await patientAssembly() });
}

export async function startAcmeWithBrowser(): Promise<RunningAcme> {
  const [local, browser] = await Promise.all([startAcme(), startBrowser()]);
  const { url } = local.acme as NonNullable<Local['acme']>;
  const visitors: Visitor[] = [];
  return {
    local,
    browser,
    url,
    visit: async (options) => {
      const visitor = new Visitor(await openPage(browser, options), url, local);
      visitors.push(visitor);
      return visitor;
    },
    codeTo: (email, subject = /code/i) =>
      until(() => {
        const message = local.mailbox.messages(email).find((each) => subject.test(each.subject));
        return /\b\d{6}\b/.exec(message?.text ?? '')?.[0];
      }),
    close: async () => {
      await Promise.all(visitors.map((visitor) => visitor.close()));
      await browser.close();
      await local.close();
    },
  };
}

/** A person with a browser, and with an authenticator app in the pocket. */
export class Visitor {
  readonly page: Page;
  readonly complaints: string[];
  readonly #watched: Watched;
  readonly #url: string;
  readonly #local: Local;
  secret = '';
  recoveryCodes: string[] = [];

  constructor(watched: Watched, url: string, local: Local) {
    this.page = watched.page;
    this.complaints = watched.complaints;
    this.#watched = watched;
    this.#url = url;
    this.#local = local;
    this.page.setDefaultTimeout(30_000);
  }

  close(): Promise<void> {
    return this.#watched.close();
  }

  async open(path: string): Promise<void> {
    await this.page.goto(this.#url + path);
  }

  button(name: string) {
    return this.page.getByRole('button', { name, exact: true });
  }

  field(name: string) {
    return this.page.getByLabel(name, { exact: true });
  }

  /** Waits for a text on the page. */
  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  heading(name: string) {
    return this.page.getByRole('heading', { name, exact: true });
  }

  async signUp(email: string, team: 'own' | 'open' = 'own'): Promise<void> {
    await this.open('/sign-up');
    await this.field('Email').fill(email);
    await this.field('Password').fill(password);
    await this.page.locator(`input[value=${team}]`).check();
    await this.button('Sign up').click();
    await this.page.waitForURL('**/dashboard');
  }

  /** The first factor; what follows is the test's to see. */
  async signIn(email: string, secret = password): Promise<void> {
    await this.open('/sign-in');
    await this.field('Email').fill(email);
    await this.field('Password').fill(secret);
    await this.button('Sign in').click();
  }

  async signOut(): Promise<void> {
    await this.button('Sign out').click();
    await this.page.waitForURL('**/sign-in');
  }

  /** The code that the app in the pocket shows, by the service's clock. */
  code(): string {
    return independentCode(base32Bytes(this.secret), this.#local.clock.now());
  }

  /** Waits out the code that was used. */
  async nextCode(): Promise<string> {
    this.#local.clock.advance(31);
    return this.code();
  }

  /** Types slowly enough to be typing; a pasted code would submit by itself. */
  async type(label: string, text: string): Promise<void> {
    const field = this.field(label);
    await field.click();
    await field.pressSequentially(text);
  }

  /** Scans, confirms, and saves the recovery codes, wherever the panel stands. */
  async setUpApp(): Promise<void> {
    const key = this.page.locator('.cs-key code');
    await key.waitFor();
    this.secret = ((await key.textContent()) ?? '').replaceAll(/\s/g, '');
    await this.type('Authentication code', this.code());
    await this.button('Verify and enable').click();
    await this.saveCodes();
  }

  async saveCodes(): Promise<void> {
    await this.heading('Save your recovery codes').waitFor();
    this.recoveryCodes = await this.page.locator('.cs-codes li').allInnerTexts();
    expect(this.recoveryCodes).toHaveLength(10);
    await this.button("I've saved them").click();
  }

  /** Turns two-factor authentication on, on the security page. */
  async enable(): Promise<void> {
    await this.open('/settings/security');
    await this.button('Enable 2FA').click();
    const choice = this.page.getByRole('dialog').getByRole('button', { name: /^Authenticator app/ });
    const key = this.page.locator('.cs-key code');
    await choice.or(key).first().waitFor();
    if (await choice.isVisible()) {
      await choice.click();
    }
    await this.setUpApp();
    await this.page.getByText('Enabled', { exact: true }).waitFor();
  }

  /** Signs in with the app in the pocket. */
  async signInWithApp(email: string): Promise<void> {
    await this.signIn(email);
    await this.type('Authentication code', await this.nextCode());
    await this.button('Verify').click();
    await this.page.waitForURL('**/dashboard');
  }

  /** Answers the dialog of a sensitive act: the password, and a code where one is asked for. Whether it was. */
  async confirmAct(): Promise<boolean> {
    const dialog = this.page.getByRole('dialog');
    await dialog.getByLabel('Password', { exact: true }).fill(password);
    const code = dialog.getByLabel('Authentication code', { exact: true });
    const isAsked = await code.isVisible();
    if (isAsked) {
      await code.pressSequentially(await this.nextCode());
    }
    await dialog.getByRole('button', { name: 'Confirm', exact: true }).click();
    return isAsked;
  }

  /** Saves the sign-in rules as they stand in the form, with the code from the email. */
  async saveRules(acme: RunningAcme, email: string): Promise<void> {
    acme.local.mailbox.clear();
    await this.button('Save').click();
    await this.confirmAct();
    await this.field('Code from the email').waitFor();
    await this.type('Code from the email', await acme.codeTo(email, /Confirm a change/));
    await this.page.getByRole('dialog').getByRole('button', { name: 'Confirm', exact: true }).click();
    await this.sees(/^Saved\./);
  }

  /** The code that was mailed for a sign-in. */
  async typeMailedCode(acme: RunningAcme, email: string): Promise<void> {
    await this.field('Authentication code').waitFor();
    await this.type('Authentication code', await acme.codeTo(email));
    await this.button('Verify').click();
  }
}
