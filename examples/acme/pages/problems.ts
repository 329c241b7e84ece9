/** What is shown when there is no such page, or something failed. */
import type { Context } from 'hono';
import { html } from 'hono/html';
import { HTTPException } from 'hono/http-exception';
import type { Env } from '../context.ts';
import { page } from './layout.ts';

export function notFoundPage(c: Context<Env>) {
  const { t } = c.var;
  const body = html`<p class="lead">${t('Check the address, or go on from the start.')}</p><p><a class="button" href="/">${t('Go to the start')}</a></p>`;
  return page(c, { title: t('There is no such page'), body, focused: true, status: 404 });
}

export function errorPage(error: Error, c: Context<Env>) {
  if (error instanceof HTTPException) {
    return error.getResponse();
  }
  console.error(error);
  const { t } = c.var;
  const body = html`<p class="lead">${t('Something went wrong. Try again.')}</p><p><a class="button" href="/">${t('Go to the start')}</a></p>`;
  return page(c, { title: t('Something went wrong'), body, focused: true, failed: true, status: 500 });
}
