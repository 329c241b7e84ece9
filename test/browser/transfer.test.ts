/** A transfer at Acme, confirmed by a step-up. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newEmail, type RunningAcme, startAcmeWithBrowser, type Visitor } from '../support/acme.ts';
import { accessibilityProblems, hasBrowser, until } from '../support/browser.ts';

describe.skipIf(!hasBrowser)('R88: a transfer at Acme', { timeout: 180_000 }, () => {
  let acme: RunningAcme;
  let visitor: Visitor;

  beforeAll(async () => {
    acme = await startAcmeWithBrowser();
    visitor = await acme.visit();
    await visitor.signUp(newEmail('payer'));
    await visitor.enable();
  }, 300_000);
  afterAll(() => acme?.close());

  async function send(recipient: string, amount: string): Promise<void> {
    await visitor.open('/transfer');
    await visitor.field('Recipient').fill(recipient);
    await visitor.field('Amount in CHF').fill(amount);
    await visitor.button('Send').click();
  }
  const toConfirm = () => visitor.heading('Check before you confirm').waitFor();
  const rows = () => visitor.page.locator('section li').allInnerTexts();

  /** What the browser brings to Acme's back end, and the same request once more. */
  async function confirmed(
    act: () => Promise<void>,
  ): Promise<{ token: string; again: () => Promise<number> }> {
    const [request] = await Promise.all([visitor.page.waitForRequest('**/transfer/confirm'), act()]);
    const { token } = request.postDataJSON() as { token: string };
    await visitor.page.waitForURL('**/transfer');
    const again = (): Promise<number> =>
      visitor.page.evaluate(`fetch('/transfer/confirm', { method: 'POST',
        headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: '${token}' }) }).then((answer) => answer.status)`);
    return { token, again };
  }
  const typeCode = async () => {
    await visitor.type('Authentication code', await visitor.nextCode());
    await visitor.button('Verify').click();
  };

  it('is sent once its recipient and amount were shown and confirmed by a code', async () => {
    await send('Grace Hopper', '1250.5');
    await toConfirm();
    expect(await visitor.page.locator('countersign-prompt dl').textContent()).toMatch(
      /Recipient\s*Grace Hopper\s*Amount\s*CHF 1250\.50/,
    );
    expect(await accessibilityProblems(visitor.page)).toEqual([]);
    expect(await visitor.page.getByRole('checkbox').count()).toBe(0);
    await confirmed(typeCode);
    await visitor.sees('CHF 1250.50 sent to Grace Hopper.');
    expect(await rows()).toEqual([expect.stringMatching(/Grace Hopper.*CHF 1250\.50/s)]);
  });

  it('is not sent by the token of another one, nor twice by its own', async () => {
    await send('Ada Lovelace', '10');
    await toConfirm();
    const { token, again } = await confirmed(typeCode);
    await visitor.sees('CHF 10.00 sent to Ada Lovelace.');
    expect(await again()).toBe(409);
    await send('Mallory', '9999');
    await toConfirm();
    const before = await rows();
    await visitor.page.evaluate(`fetch('/transfer/confirm', { method: 'POST',
      headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: '${token}' }) })`);
    await visitor.open('/transfer');
    await visitor.sees('Nothing was sent.');
    expect(before).toEqual([]);
    expect((await rows()).join()).not.toContain('Mallory');
  });

  it('is sent once where its token arrives twice at the same time', async () => {
    await send('Alan Turing', '7');
    await toConfirm();
    const statuses: number[] = [];
    await visitor.page.route('**/transfer/confirm', async (route) => {
      const answers = await Promise.all([route.fetch(), route.fetch()]);
      statuses.push(...answers.map((answer) => answer.status()));
      await route.fulfill({ response: answers[0] as (typeof answers)[0] });
    });
    await typeCode();
    await expect.poll(() => [...statuses].sort(), { timeout: 20_000 }).toEqual([200, 409]);
    await visitor.page.unroute('**/transfer/confirm');
    await visitor.open('/transfer');
    expect((await rows()).filter((row) => row.includes('Alan Turing'))).toHaveLength(1);
  });

  it('is called off by the person, and starts again when the time is over', async () => {
    await send('Grace Hopper', '5');
    await toConfirm();
    await visitor.button('Do not send it').click();
    await visitor.sees('Nothing was sent.');
    await send('Grace Hopper', '5');
    await toConfirm();
    acme.local.clock.advance(601);
    await visitor.type('Authentication code', visitor.code());
    await visitor.button('Verify').click();
    await visitor.heading('This confirmation has ended').waitFor();
    await visitor.button('Start again').click();
    await visitor.field('Recipient').waitFor();
  });

  it('asks for what is missing, and lets nobody confirm who is not signed in', async () => {
    await send('', 'a lot');
    await visitor.heading('There is a problem').waitFor();
    expect(await visitor.page.locator('.summary li').allInnerTexts()).toEqual([
      'Enter a name.',
      'Enter an amount, such as 120.50.',
    ]);
    const stranger = await acme.visit();
    await stranger.open('/transfer');
    await until(() => new URL(stranger.page.url()).pathname === '/sign-in');
    expect(visitor.complaints).toEqual([]);
  });
});
