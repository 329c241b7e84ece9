/**
 * S83 Passkeys of an authenticator that other people's code makes: fido2's CBOR, COSE and WebAuthn, cryptography's keys. What
 * passes here was not written by whoever wrote what judges it.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { Person } from '../support/person.ts';

const venv = new URL('../../.build/passkeys', import.meta.url).pathname;
const python = `${venv}/bin/python`;
const script = new URL('../support/authenticator.py', import.meta.url).pathname;

/** Whether the environment is there; without Python, its venv module or the packages, the tests say why they are skipped. */
function prepared(): boolean {
  try {
    if (!existsSync(python)) {
      execFileSync('python3', ['-m', 'venv', venv], { stdio: 'pipe' });
    }
    const quietly = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check'];
    execFileSync(python, [...quietly, 'fido2>=2.2,<3'], { stdio: 'pipe' });
    return true;
  } catch (error) {
    console.warn(`Skipped: no Python environment. ${(error as Error).message.slice(0, 300)}`);
    return false;
  }
}

describe.skipIf(!prepared())('an authenticator of fido2', async () => {
  const deployment = await deploy();
  let authenticator: ChildProcess;
  let lines: AsyncIterator<string>;
  beforeAll(() => {
    authenticator = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    lines = createInterface({ input: authenticator.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  });
  afterAll(async () => {
    authenticator.stdin?.end();
    await once(authenticator, 'exit');
  });

  const ask = async (
    what: 'create' | 'get',
    options: object,
    more: { uv?: boolean; origin?: string } = {},
  ) => {
    const asked = { do: what, options, origin: 'https://app.acme.example', ...more };
    authenticator.stdin?.write(`${JSON.stringify(asked)}\n`);
    return JSON.parse((await lines.next()).value);
  };
  const enrolled = async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const { body } = await ada.own('start-passkey', { body: {} });
    const credential = await ask('create', body.options);
    const confirmed = await ada.own('confirm-passkey', {
      path: { id: body.passkeyId },
      body: { credential },
    });
    expect(confirmed).toMatchObject({ status: 200, body: { status: 'enabled' } });
    return ada;
  };

  it('R87 enrols, signs in, proves and is refused where it lies', async () => {
    const ada = await enrolled();
    const first = await ada.passkeyChallenge();
    for (const lie of [{ uv: false }, { origin: 'https://app.acme.example.evil.test' }]) {
      expect((await ada.present(first.token, await ask('get', first.options, lie))).status).toBe(422);
    }
    const assertion = await ask('get', first.options);
    expect((await ada.present(first.token, assertion)).body).toMatchObject({ secondFactor: 'passkey' });
    const second = await ada.passkeyChallenge();
    expect((await ada.present(second.token, assertion)).status).toBe(422);
    const { body } = await ada.own('mail-proof-code', { body: { method: 'passkey' } });
    const proof = { method: 'passkey', assertion: await ask('get', body.options) };
    expect((await ada.own('regenerate-recovery-codes', { body: { proof } })).status).toBe(201);
  });

  it('S83 does not enrol without user verification, nor for another page', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const { body } = await ada.own('start-passkey', { body: {} });
    for (const lie of [{ uv: false }, { origin: 'https://evil.test' }]) {
      const credential = await ask('create', body.options, lie);
      expect(
        await ada.own('confirm-passkey', { path: { id: body.passkeyId }, body: { credential } }),
      ).toMatchObject({ status: 422 });
    }
  });
});
