/** Every state of the prompt, in both schemes: nothing for axe, no sideways scroll at 320 px, no complaint of the browser. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Started, StartRequest } from '../../client/server.ts';
import {
  accessibilityProblems,
  hasBrowser,
  openPage,
  plugIn,
  sidewaysScroll,
  startBrowser,
  until,
  type Watched,
} from '../support/browser.ts';
import { type SignInPages, SignInPerson, startSignInPages } from '../support/sign-in-pages.ts';

vi.setConfig({ testTimeout: 120_000 });

let world: SignInPages;
let browser: Browser;

const code = (page: Page) => page.getByLabel('Authentication code');
const verify = (page: Page) => page.getByRole('button', { name: 'Verify', exact: true });
const type = async (page: Page, typed: string) => {
  await code(page).fill('');
  await code(page).pressSequentially(typed);
  await verify(page).click();
};
const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).waitFor();

/** A person before the sign-in, and what they do to come to the state. */
type State = {
  person: (person: SignInPerson) => Promise<unknown>;
  reach: (page: Page, person: SignInPerson) => Promise<void>;
  /** What the app asks for, where it is not a plain sign-in. */
  begin?: Partial<StartRequest>;
};

const transfer = {
  name: 'transfer.create',
  details: { Recipient: 'Grace Hopper', Amount: 'CHF 1,250.00' },
};

const withApp = (person: SignInPerson) => person.enrolled();
const withMail = async (person: SignInPerson) => (await person.enrolled()).withEmail();
const mustEnrol = async (person: SignInPerson) => {
  await person.start();
  await person.policy({ mode: 'required', methods: ['totp'] });
};
const toQrCode = async (page: Page, person: SignInPerson) => {
  await heading(page, 'Step 1 of 3: confirm your email');
  await page.getByText('We sent a code to').waitFor();
  await type(page, world.codeTo(person.email));
  await heading(page, 'Set up your authenticator app');
  await page.getByText('Setup key', { exact: true }).waitFor();
};

const states: Record<string, State> = {
  'P1 authenticator': {
    person: async (person) =>
      (await person.enrolled()).policy({ rememberDevice: { allowed: true, days: 30 } }),
    reach: async (page) => page.getByLabel('Remember this device for 30 days').waitFor(),
  },
  'P2 email': {
    person: withMail,
    reach: async (page) => {
      await page.getByRole('button', { name: 'Use another method' }).click();
      await page.getByRole('button', { name: 'Email to' }).click();
      await page.getByText('We sent a code to').waitFor();
    },
  },
  'P3 recovery code': {
    person: withApp,
    reach: async (page) => {
      await page.getByRole('button', { name: 'Use a recovery code instead' }).click();
      await page.getByLabel('Recovery code').waitFor();
    },
  },
  'P4 choose': {
    person: withMail,
    reach: async (page) => {
      await page.getByRole('button', { name: 'Use another method' }).click();
      await heading(page, 'Choose another way');
    },
  },
  'P5 help': {
    person: withApp,
    reach: async (page) => {
      await page.getByRole('button', { name: "I can't get a code" }).click();
      await page.getByText('Still stuck?').waitFor();
    },
  },
  'P6 wrong code': {
    person: withApp,
    reach: async (page, person) => {
      await type(page, person.wrongCode());
      await page.getByText("That code isn't right.").waitFor();
    },
  },
  'P7 locked': {
    person: async (person) => {
      await person.enrolled();
      await wrongCodes(person, 10);
    },
    reach: async (page, person) => {
      await type(page, person.code());
      await heading(page, 'Too many wrong codes');
    },
  },
  'P8 codes off': {
    person: async (person) => {
      await person.enrolled();
      await wrongCodes(person, 100);
    },
    reach: async (page, person) => {
      await type(page, person.code());
      await heading(page, 'Codes are turned off for you');
    },
  },
  'P9 ended': {
    person: withApp,
    reach: async (page) => {
      world.local.clock.advance(601);
      await type(page, '123456');
      await heading(page, 'This sign-in has ended');
    },
  },
  'P11 mailbox': {
    person: mustEnrol,
    reach: async (page) => {
      await page.getByText('We sent a code to').waitFor();
    },
  },
  'P12 choose what to set up': {
    person: async (person) => {
      await world.app.setAccount({ accountId: person.accountId, smsEnabled: true });
      await person.start();
      await person.policy({ mode: 'required', methods: ['totp', 'sms'] });
    },
    reach: async (page, person) => {
      await page.getByText('We sent a 6-digit code').waitFor();
      await type(page, world.codeTo(person.email));
      await heading(page, 'Step 2 of 3: choose your second step');
    },
  },
  'P13 scan and confirm': { person: mustEnrol, reach: toQrCode },
  'P16 step-up': {
    person: withApp,
    begin: { firstFactor: { method: 'session' }, action: transfer },
    reach: (page) => heading(page, 'Check before you confirm'),
  },
  'P16 step-up, choosing': {
    person: withMail,
    begin: { firstFactor: { method: 'session' }, action: transfer },
    reach: async (page) => {
      await page.getByRole('button', { name: 'Use another method' }).click();
      await heading(page, 'Choose another way');
    },
  },
  'P16 step-up, ended': {
    person: withApp,
    begin: { firstFactor: { method: 'session' }, action: transfer },
    reach: async (page) => {
      world.local.clock.advance(601);
      await type(page, '123456');
      await heading(page, 'This confirmation has ended');
    },
  },
  'P16 step-up by a passkey': {
    person: (person) => person.withPasskey(),
    begin: { firstFactor: { method: 'session' }, action: transfer },
    reach: async (page) => page.getByRole('button', { name: 'Use a passkey' }).waitFor(),
  },
  'P17 passkey': {
    person: (person) => person.withPasskey(),
    reach: async (page) => page.getByRole('button', { name: 'Use a passkey' }).waitFor(),
  },
  'P17 passkey, waiting': {
    person: (person) => person.withPasskey(),
    reach: async (page) => {
      await (await plugIn(page)).isTouched(false);
      await page.getByRole('button', { name: 'Use a passkey' }).click();
      await page.getByText("Follow your browser's window.").waitFor();
    },
  },
  'P17 passkey, not used': {
    person: (person) => person.withPasskey(),
    reach: async (page) => {
      await (await plugIn(page)).recognises(false);
      await page.getByRole('button', { name: 'Use a passkey' }).click();
      await page.getByText('The passkey was not used.').waitFor();
      await page.getByRole('button', { name: "I can't get a code" }).click();
    },
  },
  'P13 passkey to set up': {
    person: async (person) => {
      await person.start();
      await person.policy({ mode: 'required', methods: ['passkey', 'totp'] });
    },
    reach: async (page, person) => {
      await plugIn(page);
      await page.getByText('We sent a 6-digit code').waitFor();
      await type(page, world.codeTo(person.email));
      await heading(page, 'Step 2 of 3: choose your second step');
      await page.getByRole('button', { name: /^Passkey/ }).click();
      await page.getByRole('button', { name: 'Create passkey' }).waitFor();
    },
  },
  'P14 recovery codes': {
    person: mustEnrol,
    reach: async (page, person) => {
      await toQrCode(page, person);
      person.secret = ((await page.locator('.cs-key code').textContent()) ?? '').replace(/\s/g, '');
      await code(page).pressSequentially(person.code());
      await page.getByRole('button', { name: 'Verify and enable' }).click();
      await heading(page, 'Save your recovery codes');
    },
  },
};

/** Wrong codes, each in a sign-in of its own, and from the tenth on each after its back-off. */
async function wrongCodes(person: SignInPerson, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    world.local.clock.advance(sent < 10 ? 0 : 3600);
    const { challengeToken } = (await person.start()) as { challengeToken: string };
    const body = JSON.stringify({ challengeToken, method: 'totp', code: person.wrongCode() });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${world.local.url}/v1/challenges/verify`, { method: 'POST', headers, body });
  }
}

async function open(state: State): Promise<Watched> {
  const person = new SignInPerson(world);
  await state.person(person);
  const started: Started = await person.start(state.begin);
  const watched = await openPage(browser, { colorScheme: 'light', width: 640, height: 800 });
  await watched.page.goto(world.promptPage(started));
  await state.reach(watched.page, person);
  return watched;
}

async function photograph(page: Page, name: string): Promise<void> {
  const dir = process.env.SCREENSHOTS;
  if (dir) {
    mkdirSync(dir, { recursive: true });
    await page.screenshot({ path: join(dir, `${name.replace(/\W+/g, '-')}.png`), fullPage: true });
  }
}

describe.skipIf(!hasBrowser)('the prompt', () => {
  beforeAll(async () => {
    [world, browser] = await Promise.all([startSignInPages(), startBrowser()]);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  for (const [name, state] of Object.entries(states)) {
    it(`${name} has nothing for axe in both schemes, fits 320 px, and breaks no rule of the page`, async () => {
      const { page, complaints, close } = await open(state);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width: 640, height: 800 });
        await photograph(page, `${name} ${colorScheme}`);
        expect(await accessibilityProblems(page)).toEqual([]);
        await page.setViewportSize({ width: 320, height: 640 });
        await until(() => page.evaluate('innerWidth === 320'));
        await photograph(page, `${name} ${colorScheme} 320`);
        expect(await sidewaysScroll(page)).toBe(0);
      }
      expect(complaints).toEqual([]);
      await close();
    });
  }
});
