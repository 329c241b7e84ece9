import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { base32Bytes, independentCode, installed, oathtoolCode } from '../support/independent-totp.ts';
import { minute, Person } from '../support/person.ts';
import { setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();

/** What a QR reader that somebody else wrote sees in an SVG. */
function scanned(svg: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'qr-'));
  try {
    writeFileSync(join(folder, 'qr.svg'), svg);
    execFileSync('rsvg-convert', ['-w', '600', '-o', join(folder, 'qr.png'), join(folder, 'qr.svg')]);
    return execFileSync('zbarimg', ['--raw', '-q', join(folder, 'qr.png')], { encoding: 'utf8' }).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('starting an authenticator', () => {
  it('R2 the answer holds an otpauth URI with secret, issuer and account', async () => {
    const ada = new Person(deployment, { email: 'ada+home@example.com' });
    await ada.signIn();
    const { status, body, headers } = await ada.start();
    expect(status).toBe(201);
    expect(headers['cache-control']).toBe('no-store');
    const uri = new URL(body.otpauthUri);
    expect(`${uri.protocol}//${uri.host}`).toBe('otpauth://totp');
    expect(decodeURIComponent(uri.pathname)).toBe('/Acme:ada+home@example.com');
    expect(uri.searchParams.get('secret')).toBe(body.secret);
    expect(uri.searchParams.get('issuer')).toBe('Acme');
    expect(base32Bytes(body.secret)).toHaveLength(20);
  });

  it.skipIf(!installed('rsvg-convert', 'zbarimg'))(
    'R2 the QR code decodes to that very URI in a reader that we did not write',
    async () => {
      const ada = new Person(deployment);
      await ada.signIn();
      const { body } = await ada.start();
      expect(scanned(body.qrSvg)).toBe(body.otpauthUri);
    },
  );

  it('R2 the account names its own product in the authenticator app', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, {}, { issuer: 'Acme: Payroll & Co' });
    await ada.signIn();
    const uri = new URL((await ada.start()).body.otpauthUri);
    expect(uri.searchParams.get('issuer')).toMatch(/^Acme +Payroll & Co$/);
    expect(decodeURIComponent(uri.pathname).split(':')).toHaveLength(2);
  });

  it('R3 the base32 text, typed into an independent authenticator, yields an accepted code', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const { body } = await ada.start();
    expect(body.secret).toMatch(/^[A-Z2-7]{32}$/);
    const code = independentCode(base32Bytes(body.secret), ada.at);
    expect((await ada.confirm(body.authenticatorId, code)).status).toBe(200);
    ada.later(30_000);
    const next = independentCode(base32Bytes(body.secret), ada.at);
    expect((await ada.verify(await ada.challengeToken(), 'totp', next)).status).toBe(200);
  });

  it.skipIf(!installed('oathtool'))('R4 codes of oathtool enrol and sign in', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const { body } = await ada.start();
    const confirmed = await ada.confirm(body.authenticatorId, oathtoolCode(body.secret, ada.at));
    expect(confirmed.status).toBe(200);
    ada.later(30_000);
    const code = oathtoolCode(body.secret, ada.at);
    expect((await ada.verify(await ada.challengeToken(), 'totp', code)).status).toBe(200);
  });

  it('R14 leaving half-way changes nothing, for somebody new and for somebody enrolled', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const before = await ada.status();
    await ada.start();
    expect(await ada.status()).toEqual(before);
    expect((await ada.signIn()).body.status).toBe('passed');

    const bob = await new Person(deployment).enrol();
    const enrolled = await bob.status();
    await bob.start({ proof: bob.totpProof() });
    const after = await bob.later(30_000).status();
    const { lastUsedAt: _used, ...authenticator } = after.authenticators[0];
    expect(enrolled.authenticators[0]).toMatchObject(authenticator);
    expect({ ...after, authenticators: [] }).toEqual({ ...enrolled, authenticators: [] });
  });

  it('R70 after a mis-scan the live authenticator works, until the new one is proven and beyond', async () => {
    const ada = await new Person(deployment).enrol();
    const live = ada.secret;
    const started = await ada.start({ proof: ada.totpProof() });
    ada.later(30_000);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
    ada.later(30_000).secret = started.body.secret;
    const unproven = await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    expect(unproven.body.code).toBe('code_incorrect');
    expect((await ada.confirm(started.body.authenticatorId, ada.code())).status).toBe(200);
    for (const secret of [started.body.secret, live]) {
      ada.later(30_000).secret = secret;
      expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
    }
  });

  it('R71 several named authenticators per user, each of which signs in; the sixth is refused', async () => {
    const ada = await new Person(deployment).enrol();
    const secrets = [ada.secret];
    for (const label of ['Phone', 'Tablet', 'Work laptop', 'Vault']) {
      const { body } = await ada.start({ label, proof: ada.totpProof() });
      ada.secret = body.secret;
      await ada.confirm(body.authenticatorId, ada.code());
      secrets.push(ada.secret);
      ada.later(30_000);
    }
    const { authenticators } = await ada.status();
    const labels = authenticators.map(({ label }: { label: string }) => label);
    expect(labels).toEqual(['Authenticator app', 'Phone', 'Tablet', 'Work laptop', 'Vault']);
    for (const secret of secrets) {
      ada.later(30_000).secret = secret;
      expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
    }
    const sixth = await ada.later(30_000).start({ proof: ada.totpProof() });
    expect([sixth.status, sixth.body.code]).toEqual([403, 'forbidden']);
  });

  it('R72 a code that proved a sensitive action is burned: it signs nobody in and proves nothing else', async () => {
    const ada = await new Person(deployment).enrol();
    const proof = ada.totpProof();
    expect((await ada.start({ proof })).status).toBe(201);
    expect((await ada.start({ proof })).body.code).toBe('code_already_used');
    const reply = await ada.verify(await ada.challengeToken(), 'totp', proof.code);
    expect(reply.body.code).toBe('code_already_used');
  });

  it('R41 an account without authenticator apps starts none', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, { methods: ['email'] });
    await ada.signIn();
    expect((await ada.start()).body.code).toBe('method_not_allowed');
  });

  it('a start is dead after 10 minutes, and a newer start ends it at once', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const first = await ada.start();
    const second = await ada.start();
    ada.secret = first.body.secret;
    expect((await ada.confirm(first.body.authenticatorId, ada.code())).body.code).toBe('not_found');
    ada.later(10 * minute).secret = second.body.secret;
    const late = await ada.confirm(second.body.authenticatorId, ada.code());
    expect([late.status, late.body.code]).toEqual([410, 'enrollment_expired']);
    expect((await userItem(deployment, ada.ref))?.authenticators).toEqual([]);
  });
});
