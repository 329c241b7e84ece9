/** React 19 and Vue, with the element defined before they render and after. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildElements } from '../../scripts/build-web.ts';
import { hasBrowser, openPage, startBrowser } from '../support/browser.ts';
import { type PageServer, startPageServer, strictPolicy } from '../support/page-server.ts';

const react = `
import { createElement as h, useEffect, useRef } from 'react';
import { createRoot } from 'react-dom/client';
const root = createRoot(document.querySelector('#app'));
export const byProperties = (challenge, onPassed) =>
  root.render(h('countersign-prompt', { issuer: 'Acme', challenge, 'oncountersign-passed': (event) => onPassed(event.detail) }));
function ByRef({ challenge, onPassed }) {
  const ref = useRef(null);
  useEffect(() => {
    const element = ref.current;
    const passed = (event) => onPassed(event.detail);
    element.challenge = challenge;
    element.addEventListener('countersign-passed', passed);
    return () => element.removeEventListener('countersign-passed', passed);
  }, [challenge, onPassed]);
  return h('countersign-prompt', { ref, issuer: 'Acme' });
}
export const byRef = (challenge, onPassed) => root.render(h(ByRef, { challenge, onPassed }));
`;
const vue = `
import { createApp, h } from 'vue';
export const byProperties = (challenge, onPassed) =>
  createApp({ render: () => h('countersign-prompt', { issuer: 'Acme', '.challenge': challenge, 'onCountersign-passed': (event) => onPassed(event.detail) }) }).mount('#app');
export const byRef = byProperties;
`;
/** What each page does: define and render, in this order or the other. */
const page = `
const [, framework, order, how] = location.pathname.split('/');
const expires = new Date(Date.now() + 600000).toISOString();
const pending = { status: 'challenge', challengeToken: 't', challengeId: 'chl_1', expiresAt: expires,
  methods: [{ method: 'totp', default: true }], rememberDevice: { allowed: true, days: 7 } };
const passed = { status: 'passed', token: 'token', expiresAt: expires, secondFactor: 'none' };
const challenge = location.search === '?passed' ? passed : pending;
const define = () => import('/prompt.js');
const render = async () => (await import('/' + framework + '.js'))[how](challenge, (detail) => {
  document.querySelector('#told').textContent = JSON.stringify(detail);
});
if (order === 'defined-first') { await define(); await render(); } else { await render(); await define(); }
`;

const root = fileURLToPath(new URL('../..', import.meta.url));
vi.setConfig({ testTimeout: 120_000 });

let dir: string;
let pages: PageServer;
let browser: Browser;

describe.skipIf(!hasBrowser)('an element in', () => {
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'frameworks-'));
    await buildElements(dir);
    await Promise.all(
      Object.entries({ react, vue }).map(([name, contents]) =>
        build({
          stdin: { contents, resolveDir: root },
          bundle: true,
          format: 'esm',
          minify: true,
          define: {
            'process.env.NODE_ENV': '"production"',
            __VUE_OPTIONS_API__: 'true',
            __VUE_PROD_DEVTOOLS__: 'false',
            __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
          },
          outfile: join(dir, `${name}.js`),
        }),
      ),
    );
    // Vue makes a Trusted Types policy of its own name.
    pages = await startPageServer(dir, undefined, strictPolicy.replace('lit-html', 'lit-html vue'));
    pages.put('/page.js', page, 'text/javascript');
    browser = await startBrowser();
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await pages?.close();
    rmSync(dir, { recursive: true });
  });

  const open = async (path: string, search = '') => {
    pages.put(
      path,
      `<!doctype html><html lang="en"><title>Sign in</title><link rel="icon" href="/icon.svg">
       <script type="module" src="/page.js"></script><main id="app"></main><output id="told"></output></html>`,
    );
    pages.put('/icon.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml');
    const watched = await openPage(browser);
    await watched.page.goto(pages.url + path + search);
    return watched;
  };

  it.each([
    '/react/defined-first/byProperties',
    '/react/defined-first/byRef',
    '/react/rendered-first/byRef',
    '/vue/defined-first/byProperties',
    '/vue/rendered-first/byProperties',
  ])('%s gets its challenge, and its events arrive', async (path) => {
    const pending = await open(path);
    await pending.page.getByLabel('Remember this device for 7 days').waitFor();
    expect(pending.complaints).toEqual([]);
    await pending.close();
    const { page, complaints, close } = await open(path, '?passed');
    await page.getByText('"token":"token"').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  it('React before it is defined, by properties, waits quietly for its challenge', async () => {
    const { page, complaints, close } = await open('/react/rendered-first/byProperties');
    await page.getByRole('heading', { name: 'Two-factor authentication' }).waitFor();
    expect(complaints).toEqual([]);
    await page.evaluate(`document.querySelector('countersign-prompt').challenge = { status: 'challenge',
      challengeToken: 't', challengeId: 'chl_2', expiresAt: new Date(Date.now() + 600000).toISOString(),
      methods: [{ method: 'totp', default: true }], rememberDevice: { allowed: false, days: 30 } }`);
    await page.getByLabel('Authentication code').waitFor();
    await close();
  });

  it('plain HTML replaces what stood in its tag', async () => {
    pages.put(
      '/plain',
      `<!doctype html><html lang="en"><title>Sign in</title><link rel="icon" href="/icon.svg">
       <script type="module" src="/prompt.js"></script><countersign-prompt>Loading…</countersign-prompt></html>`,
    );
    const { page, complaints, close } = await openPage(browser);
    await page.goto(`${pages.url}/plain`);
    await page.getByRole('heading', { name: 'Two-factor authentication' }).waitFor();
    expect(await page.getByText('Loading…').count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });
});
