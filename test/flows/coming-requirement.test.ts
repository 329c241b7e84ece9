import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { known } from '../support/desk.ts';
import { day, Person } from '../support/person.ts';
import { setPolicy } from '../support/table.ts';

const deployment = await deploy();

/** Somebody in an account that requires two-factor from a week ahead. */
async function inGrace() {
  const ada = new Person(deployment);
  const requiredFromMs = ada.at + 7 * day;
  await setPolicy(deployment, ada.accountId, { mode: 'required', requiredFromMs });
  await known(ada);
  return { ada, requiredFrom: new Date(requiredFromMs).toISOString() };
}

describe('R97 in a grace period', () => {
  it('the app is told until when, with the token, and so is the settings page', async () => {
    const { ada, requiredFrom } = await inGrace();
    const { body } = await ada.signIn();
    expect(body).toMatchObject({ status: 'passed', secondFactor: 'none', requiredFrom });
    expect(await ada.status()).toMatchObject({ required: false, requiredFrom });
  });

  it('whoever meets the requirement already is told nothing of it', async () => {
    const { ada } = await inGrace();
    await ada.enrol();
    expect((await ada.signIn()).body).not.toHaveProperty('requiredFrom');
    expect(await ada.status()).not.toHaveProperty('requiredFrom');
  });

  it('ends to the millisecond: then the enrolment comes first, and nothing is coming any more', async () => {
    const { ada } = await inGrace();
    ada.later(7 * day - 1);
    expect((await ada.signIn()).body.status).toBe('passed');
    ada.later(1);
    const { body } = await ada.signIn();
    expect(body.status).not.toBe('passed');
    expect(body).not.toHaveProperty('requiredFrom');
    expect(await ada.status()).toMatchObject({ required: true });
  });

  it('federated sign-ins are left to the provider until then, and not from then on', async () => {
    const { ada } = await inGrace();
    const federated = async (amr?: string[]) =>
      (await ada.signIn({ firstFactor: { method: 'federated', ...(amr ? { amr } : {}) } })).body.status;
    expect(await federated()).toBe('passed');
    ada.later(7 * day);
    expect(await federated()).not.toBe('passed');
    expect(await federated(['mfa'])).toBe('passed');
  });
});
