import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Acme } from '../../local/acme.ts';
import type { Local } from '../../local/start-local.ts';
import { startAcme } from '../support/acme.ts';

let local: Local;
let acme: Acme;

beforeAll(async () => {
  local = await startAcme();
  acme = local.acme as Acme;
}, 300_000);
afterAll(() => local?.close());

const signIn = (email: string, password: string, origin = acme.url) =>
  fetch(`${acme.url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin },
    body: new URLSearchParams({ email, password }),
  });

it('is on localhost, with a manager, two members and support who can sign in', async () => {
  expect(new URL(acme.url).hostname).toBe('localhost');
  expect(acme.people.map(({ role }) => role)).toEqual(['manager', 'member', 'member', 'support']);
  for (const { email, password } of acme.people) {
    expect((await signIn(email, password)).headers.get('location'), email).toBe('/dashboard');
  }
});

it('keeps its session in a cookie that no script reads and no other site sends', async () => {
  const [mia] = acme.people;
  const cookies = (await signIn(mia?.email as string, mia?.password as string)).headers.getSetCookie();
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatch(/^acme_session=[\w-]{43}; .*HttpOnly/);
  expect(cookies[0]).toMatch(/SameSite=Lax/);
});

it('refuses a wrong password, an unknown address, and a form of another site', async () => {
  const [mia] = acme.people;
  expect((await signIn(mia?.email as string, 'wrong')).status).toBe(422);
  expect((await signIn('nobody@example.com', mia?.password as string)).status).toBe(422);
  const foreign = await signIn(mia?.email as string, mia?.password as string, 'https://evil.example');
  expect(foreign.status).toBe(403);
});

it('sends nobody to another site after the sign-in', async () => {
  const [mia] = acme.people;
  for (const next of ['https://evil.example', '//evil.example', '/\\evil.example']) {
    const answer = await fetch(`${acme.url}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: acme.url },
      body: new URLSearchParams({ email: mia?.email ?? '', password: mia?.password ?? '', next }),
    });
    expect(answer.headers.get('location')).toBe('/dashboard');
  }
});

it('is let in by the API, and found from its first page', async () => {
  const preflight = await fetch(`${local.url}/v1/challenges/verify`, {
    method: 'OPTIONS',
    headers: { origin: acme.url, 'access-control-request-method': 'POST' },
  });
  expect(preflight.headers.get('access-control-allow-origin')).toBe(acme.url);
  expect(await (await fetch(`${local.url}/`)).text()).toContain(`href="${acme.url}"`);
});

it('has no inline script or style, and says so', async () => {
  const answer = await fetch(`${acme.url}/sign-in`);
  const policy = answer.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  const page = await answer.text();
  expect(page).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(page).not.toMatch(/\sstyle="|<style/);
});
