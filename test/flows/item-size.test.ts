import { describe, expect, it } from 'vitest';
import { Authenticator } from '../support/authenticator.ts';
import { deploy } from '../support/deployment.ts';
import { itemBytes } from '../support/item-bytes.ts';
import { Person } from '../support/person.ts';
import { rawUserItem, userItem } from '../support/table.ts';

const deployment = await deploy();

const userAgent =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
/** KMS adds 152 bytes to what it encrypts under a symmetric key; the local engine adds fewer. */
const kmsCiphertextBytes = 20 + 152;

describe('the typical user', () => {
  it('with UUIDs for ids, one authenticator, ten recovery codes, signed in, news delivered: under 1 KB', async () => {
    const ada = await new Person(deployment, {
      accountId: '018f3c1e-8a0b-7c3d-9e4f-5a6b7c8d9e0f',
      id: '018f3c1e-8a0b-7c3d-9e4f-0a1b2c3d4e5f',
      email: 'ada.lovelace@example.com',
    }).enrol();
    await ada.deliver();
    const verified = await ada.verify(await ada.challengeToken(), 'totp', ada.code(), { userAgent });
    expect(verified.status).toBe(200);
    const raw = await rawUserItem(deployment, ada.ref);
    for (const { M = {} } of raw.authenticators?.L ?? []) {
      M.secret = { B: new Uint8Array(kmsCiphertextBytes) };
    }
    expect(raw.recoveryCodes?.M?.hashes?.L).toHaveLength(10);
    expect(raw).not.toHaveProperty('outbox');
    // Until the next write the item holds the attempt as well, which makes this one write a unit more.
    expect(itemBytes(raw)).toBeLessThan(2048);
    const { attempt, ...rest } = raw;
    expect(attempt).toBeDefined();
    expect(itemBytes(rest)).toBeLessThan(1024);
  });

  it('R87 with one passkey that syncs in place of the authenticator: two write units, under 1.2 KB with the attempt', async () => {
    const ada = new Person(deployment, {
      accountId: '018f3c1e-8a0b-7c3d-9e4f-5a6b7c8d9e0f',
      id: '018f3c1e-8a0b-7c3d-9e4f-0a1b2c3d4e60',
      email: 'ada.lovelace@example.com',
    });
    const authenticator = new Authenticator({
      backup: 'synced',
      aaguid: 'fbfc3007-154e-4ecc-8c0b-6e020557d7bd',
    });
    await ada.signIn();
    await ada.addPasskey(authenticator);
    await ada.deliver();
    const { token, options } = await ada.passkeyChallenge();
    expect((await ada.present(token, authenticator.get(options))).status).toBe(200);
    const raw = await rawUserItem(deployment, ada.ref);
    expect(raw.passkeys?.L).toHaveLength(1);
    expect(raw.recoveryCodes?.M?.hashes?.L).toHaveLength(10);
    expect(itemBytes(raw)).toBeLessThan(1229);
  });

  it('leaves nothing behind in the index of what is due', async () => {
    const ada = await new Person(deployment).enrol();
    expect(await rawUserItem(deployment, ada.ref)).toHaveProperty('dueAtMs');
    await ada.deliver();
    const raw = await rawUserItem(deployment, ada.ref);
    expect(raw).not.toHaveProperty('dueAtMs');
    expect(raw).not.toHaveProperty('duePartition');
  });

  it('keeps no past challenges: they are dropped once they have expired', async () => {
    const ada = await new Person(deployment).enrol();
    for (let signIn = 0; signIn < 3; signIn += 1) {
      ada.later(11 * 60_000);
      await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    }
    expect(Object.keys((await userItem(deployment, ada.ref))?.challenges ?? {})).toHaveLength(1);
  });
});
