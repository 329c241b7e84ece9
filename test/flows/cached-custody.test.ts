/** The custody `cached` by its calls: a warm sign-in asks nothing of KMS. */
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { Person } from '../support/person.ts';
import { changeUserItem, userItem } from '../support/table.ts';

const deployment = await deploy({ KEY_CUSTODY: 'cached' });
let ada: Person;
beforeAll(async () => {
  ada = await new Person(deployment).enrol();
  ada.later(60_000);
  await ada.verify(await ada.challengeToken(), 'totp', ada.code());
});
beforeEach(() => {
  ada.later(30_000);
});

async function callsOf(action: () => Promise<unknown>): Promise<Record<string, number>> {
  deployment.calls();
  await action();
  return deployment.calls();
}

describe('the AWS calls under the custody cached', () => {
  it('a whole warm sign-in is two batch reads and one write', async () => {
    const signIn = async () => {
      const answer = await ada.verify(await ada.challengeToken(), 'totp', ada.code());
      expect(answer.status).toBe(200);
    };
    expect(await callsOf(signIn)).toEqual({ BatchGetItem: 2, PutItem: 1 });
  });

  it('so is one with a wrong code, and a user token costs one read', async () => {
    const token = await ada.challengeToken();
    expect(await callsOf(() => ada.verify(token, 'totp', ada.code(20)))).toEqual({
      BatchGetItem: 1,
      PutItem: 1,
    });
    expect(await callsOf(() => ada.token())).toEqual({ BatchGetItem: 1 });
  });

  it('a cold start reads and unwraps the keyring, the user’s shard and the token key once', async () => {
    const token = await ada.challengeToken();
    vi.resetModules();
    const verify = () => ada.verify(token, 'totp', ada.code());
    expect(await callsOf(verify)).toEqual({ BatchGetItem: 1, PutItem: 1, GetItem: 3, Decrypt: 3 });
  });

  it('after five minutes they are read and unwrapped again, but for the keyring', async () => {
    await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    ada.later(5 * 60_000);
    const token = await ada.challengeToken();
    const verify = () => ada.verify(token, 'totp', ada.code());
    expect(await callsOf(verify)).toEqual({ BatchGetItem: 1, PutItem: 1, GetItem: 2, Decrypt: 2 });
  });

  it('the key set holds the pair’s public half and, for a way back, the key of KMS', async () => {
    const { keys } = (await deployment.call('jwks', { at: ada.at })).body;
    const { kid } = JSON.parse(
      Buffer.from((await ada.token()).split('.')[0] as string, 'base64url').toString(),
    );
    expect(keys.map((key: { kid: string }) => key.kid)).toEqual([
      kid,
      deployment.signingKeyArn.split('/').at(-1),
    ]);
  });

  it('S52 a secret that was copied into the item of another user does not open', async () => {
    const other = await new Person(deployment).enrol();
    const { authenticators = [] } = (await userItem(deployment, ada.ref)) ?? {};
    await changeUserItem(deployment, other.ref, { authenticators });
    other.later(60_000);
    expect((await other.verify(await other.challengeToken(), 'totp', ada.code())).status).toBe(503);
  });
});

describe('the first call of a stage', () => {
  it('may be a user token: its key is made then', async () => {
    const fresh = new Person(deployment);
    expect(await fresh.token()).toMatch(/^ey/);
  });
});
