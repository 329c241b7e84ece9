/** The demo tools' own routes, on a developer's machine alone: a code of a pasted key, and the service's clock. */
import { Hono } from 'hono';
import { generate } from 'otplib';
import type { Env } from '../context.ts';
import { jsonOf } from '../input.ts';

const periodSeconds = 30;

export const demo = new Hono<Env>();

demo.post('/demo/code', async (c) => {
  const { key } = await jsonOf(c);
  const secret = String(key ?? '')
    .replace(/[\s=-]/g, '')
    .toUpperCase();
  if (!/^[A-Z2-7]{16,}$/.test(secret)) {
    return c.text(c.var.t('A setup key has letters and the digits 2 to 7.'), 422);
  }
  const epoch = Math.floor(c.var.acme.clock.now() / 1000);
  return c.json({
    code: await generate({ secret, epoch }),
    secondsLeft: periodSeconds - (epoch % periodSeconds),
  });
});

demo.get('/demo/clock', (c) => c.json({ now: new Date(c.var.acme.clock.now()).toISOString() }));

demo.post('/demo/clock', async (c) => {
  const { config, clock } = c.var.acme;
  const { advanceSeconds } = await jsonOf(c);
  const body = JSON.stringify({ advanceSeconds: Number(advanceSeconds) });
  const answer = await fetch(`${config.devUrl}/_dev/clock`, { method: 'POST', body });
  await clock.refresh();
  return c.json({ now: new Date(clock.now()).toISOString() }, answer.ok ? 200 : 422);
});
