import { describe, expect, it } from 'vitest';
import { deploy, type Reply } from '../support/deployment.ts';
import { enrolInside } from '../support/desk.ts';
import { Person } from '../support/person.ts';
import { setPolicy } from '../support/table.ts';

const deployment = await deploy();

const sheetOf = (person: Person, product = 'Acme') => ({
  product,
  email: person.email,
  generatedAt: new Date(person.at).toISOString(),
});
const sheetIn = ({ body: { recoveryCodes, product, email, generatedAt } }: Reply) => {
  expect(recoveryCodes).toHaveLength(10);
  return { product, email, generatedAt };
};

describe('answers that carry recovery codes', () => {
  it('R8 name product, account and date, so that any page can print them: the first authenticator', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, {}, { issuer: 'Acme for Ada' });
    await ada.signIn();
    const started = await ada.start();
    ada.secret = started.body.secret;
    const confirmed = await ada.confirm(started.body.authenticatorId, ada.code());
    expect(sheetIn(confirmed)).toEqual(sheetOf(ada, 'Acme for Ada'));
  });

  it('R8 also codes by email, new codes, and an enrolment inside a sign-in', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    expect(sheetIn(await ada.turnOnEmail())).toEqual(sheetOf(ada));
    ada.later(1000);
    const proof = { method: 'recovery_code', code: ada.recoveryCodes[0] };
    expect(sheetIn(await ada.own('regenerate-recovery-codes', { body: { proof } }))).toEqual(sheetOf(ada));
    const bob = new Person(deployment);
    await setPolicy(deployment, bob.accountId, { mode: 'required', methods: ['totp'] });
    const confirmed = await enrolInside(bob, (await bob.signIn()).body);
    expect(sheetIn(confirmed)).toEqual({ ...sheetOf(bob), generatedAt: expect.any(String) });
  });

  it('R7 without codes there is no sheet', async () => {
    const ada = await new Person(deployment).enrol();
    const reply = await ada.turnOnEmail(ada.totpProof());
    expect([reply.body.product, reply.body.generatedAt]).toEqual([undefined, undefined]);
  });
});
