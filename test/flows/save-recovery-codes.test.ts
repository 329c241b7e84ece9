import { describe, expect, it } from 'vitest';
import { decodeToken, deploy } from '../support/deployment.ts';
import { minute, Person } from '../support/person.ts';
import { setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();
const savedOf = async (person: Person) => (await person.status()).recoveryCodes.saved;
const save = (person: Person, bearer: string) => person.call('save-recovery-codes', { bearer });

/** An enrolment inside a sign-in, to the recovery codes that it shows. */
async function enrolledInside() {
  const ada = new Person(deployment);
  await setPolicy(deployment, ada.accountId, { mode: 'required', bootstrap: 'none', methods: ['totp'] });
  const bearer = await ada.challengeToken();
  const started = await ada.call('start-authenticator', { bearer, body: {} });
  ada.secret = started.body.secret;
  const path = { id: started.body.authenticatorId };
  const done = await ada.call('confirm-authenticator', { bearer, path, body: { code: ada.code() } });
  expect(done.body.recoveryCodes).toHaveLength(10);
  return { ada, bearer, token: done.body.token };
}

describe('R103 recovery codes', () => {
  it('that were shown are not saved until the person says so, and new ones are not either', async () => {
    const ada = await new Person(deployment).enrol();
    expect(await savedOf(ada)).toBe(false);
    expect((await save(ada, await ada.token())).status).toBe(200);
    expect(await savedOf(ada)).toBe(true);
    await ada.own('regenerate-recovery-codes', { body: { proof: ada.totpProof() } });
    expect(await savedOf(ada)).toBe(false);
  });

  it('said to be saved twice are written once', async () => {
    const ada = await new Person(deployment).enrol();
    const bearer = await ada.token();
    await save(ada, bearer);
    const { rev } = (await userItem(deployment, ada.ref)) ?? {};
    expect((await save(ada, bearer)).status).toBe(200);
    expect((await userItem(deployment, ada.ref))?.rev).toBe(rev);
  });

  it('nobody has none saved: without two-factor it is refused', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const reply = await save(ada, await ada.token());
    expect([reply.status, reply.body.code]).toEqual([409, 'not_enabled']);
  });

  it('inside a sign-in the token is made anew, for people print for longer than it lives', async () => {
    const { ada, bearer, token } = await enrolledInside();
    const { status, body } = await save(ada.later(6 * minute), bearer);
    expect(status).toBe(200);
    const [first, anew] = [decodeToken(token), decodeToken(body.token)];
    expect(anew).toMatchObject({ nonce: first.nonce, amr: first.amr, second_factor: first.second_factor });
    expect(anew.exp).toBeGreaterThan(Math.floor(ada.at / 1000));
    expect(anew.jti).not.toBe(first.jti);
    expect(await savedOf(ada)).toBe(true);
  });

  it("but only within the challenge's life", async () => {
    const { ada, bearer } = await enrolledInside();
    const reply = await save(ada.later(10 * minute), bearer);
    expect([reply.status, reply.body.code]).toEqual([410, 'challenge_expired']);
  });

  it('not after the password has changed, nor after a reset of what was enrolled', async () => {
    const changed = await enrolledInside();
    await changed.ada.call('password-changed', { path: changed.ada.later(1000).ref, body: {} });
    const late = await save(changed.ada, changed.bearer);
    expect([late.status, late.body.code]).toEqual([410, 'challenge_expired']);

    const off = await enrolledInside();
    await setPolicy(deployment, off.ada.accountId, {});
    off.ada.later(30_000);
    const disabled = await off.ada.own('disable-two-factor', { body: { proof: off.ada.totpProof() } });
    expect(disabled.status).toBe(200);
    const reply = await save(off.ada, off.bearer);
    expect([reply.status, reply.body.code]).toEqual([409, 'not_enabled']);
  });
});
