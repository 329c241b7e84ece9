/** A closed account: 410 from the first moment on, and then nothing of it but that it is closed. */
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { type Flow, type Route, routes } from '../../lambdas/routes.ts';
import { type CallOptions, deploy, tableName } from '../support/deployment.ts';
import { anAdmin, atDesk } from '../support/desk.ts';
import { minute, Person } from '../support/person.ts';
import { accountItem, setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();

const close = (accountId: string, at: number) =>
  deployment.call('delete-account', { path: { accountId }, at });

/** Every attribute of the table that holds one of these texts. */
async function heldOf(...texts: string[]): Promise<string[]> {
  const client = new DynamoDBClient({ endpoint: deployment.dynamodb.endpoint });
  const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName }));
  return Items.map((item) => JSON.stringify(item)).filter((item) =>
    texts.some((text) => item.includes(text)),
  );
}

/** Lets the courier work as its schedule does, until the account is erased. */
async function erased(accountId: string, from: number) {
  for (let round = 1; round <= 12; round += 1) {
    await deployment.sweep(from + round * minute);
    const { erasedAtMs, outbox = [] } = (await accountItem(deployment, accountId)) ?? {};
    if (erasedAtMs !== undefined && outbox.length === 0) {
      return;
    }
  }
  throw new Error(`not erased: ${JSON.stringify(await accountItem(deployment, accountId))}`);
}

describe('DELETE of an account', () => {
  it('R100 answers 202, and from then on every route of the account answers 410', async () => {
    const admin = await anAdmin(deployment);
    const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
    const tokens = {
      user: await ada.token(),
      user_or_enrolling: await ada.token(),
      admin: await admin.token({ role: 'admin' }),
      challengeToken: await ada.challengeToken(),
    };
    const reply = await close(ada.accountId, ada.at);
    expect([reply.status, reply.body]).toEqual([202, { status: 'closed' }]);
    const { accountId, id, email } = ada;
    const path = { accountId, userId: id, id: 'aut_x' };
    const bodies: Partial<Record<Flow, object>> = {
      'create-challenge': { accountId, user: { id, email }, firstFactor: { method: 'api_key' } },
      'mint-user-token': { accountId, userId: id, role: 'user' },
      'sync-user': { email },
      'sync-users': { users: [{ id, email }] },
      'import-users': { users: [{ id: 'new', email, authenticators: [{ secret: 'A'.repeat(32) }] }] },
      'set-account': { issuer: 'Acme' },
      'set-policy': { policy: { mode: 'required' } },
      'propose-policy': { policy: { mode: 'required' } },
      'send-code': { method: 'email' },
      'verify-challenge': { method: 'totp', code: '123456' },
      'confirm-authenticator': { code: '123456' },
      'confirm-email-method': { code: '123456' },
      'confirm-sms-method': { code: '123456' },
      'confirm-policy': { code: '123456' },
      'start-sms-method': { phone: '+14155550100' },
      'mail-proof-code': { method: 'email' },
      'reset-two-factor': { reason: 'x' },
      'unlock-user': { reason: 'x' },
      'exempt-user': { reason: 'x', until: null },
      'set-default-method': { defaultMethod: null },
      'create-temporary-code': { reason: 'x', validMinutes: 15 },
    };
    const answers: [string, number, string][] = [];
    for (const [flow, route] of Object.entries(routes) as [Flow, Route][]) {
      // The credential of a passkey is checked before anybody is looked up.
      if (route.caller === 'public' || flow === 'delete-account' || flow === 'confirm-passkey') {
        continue;
      }
      const takesChallenge = route.caller === 'challenge' || flow === 'fetch-result';
      const body = {
        ...bodies[flow],
        ...(takesChallenge ? { challengeToken: tokens.challengeToken } : {}),
      };
      const options: CallOptions = { path, at: ada.at, ...(route.body ? { body } : {}) };
      const bearer = tokens[route.caller as 'user' | 'admin'];
      const answer = await deployment.call(flow, bearer ? { ...options, bearer } : options);
      answers.push([flow, answer.status, answer.body?.code]);
    }
    expect(answers.length).toBeGreaterThan(35);
    expect(answers).toEqual(answers.map(([flow]) => [flow, 410, 'account_closed']));
  }, 60_000);

  it('R100 erases every person, every row and every setting; only that it is closed stays', async () => {
    const admin = await anAdmin(deployment);
    const { accountId } = admin;
    await setPolicy(deployment, accountId, { mode: 'required' }, { issuer: 'Very Secret Ltd' });
    const people = Array.from({ length: 60 }, (_, n) => ({
      id: `person${n}@${accountId}`,
      email: `p${n}@example.com`,
    }));
    await admin.call('sync-users', { path: { accountId }, body: { users: people } });
    const ada = await new Person(deployment, { accountId, at: admin.at }).enrol();
    await deployment.sweep(ada.at + 1000);
    await close(accountId, ada.at + 2000);
    await erased(accountId, ada.at);
    expect(await heldOf(ada.id, admin.id, ada.email, 'Very Secret Ltd', `@${accountId}`)).toEqual([]);
    const account = await accountItem(deployment, accountId);
    expect(account).toMatchObject({
      closedAtMs: ada.at + 2000,
      erasedAtMs: expect.any(Number),
      smsEnabled: false,
    });
    const held = await heldOf(accountId);
    const kindOf = (item: string) => /"type":\{"S":"(\w+)"/.exec(item)?.[1] ?? 'state';
    expect(held.map(kindOf).sort()).toEqual(['account_erased', 'state']);
    expect((await ada.signIn()).body.code).toBe('account_closed');
  }, 60_000);

  it('R100 takes whoever was saved by a request that had begun before', async () => {
    const admin = await anAdmin(deployment);
    const late = new Person(deployment, { accountId: admin.accountId, at: admin.at });
    const { store } = await import('../../lambdas/edge/setup/wiring.ts');
    const { newUser } = await import('../../lambdas/core/state/item.ts');
    await close(admin.accountId, admin.at);
    await deployment.sweep(admin.at + 1000);
    await store().save(newUser(late.ref, late.email, admin.at));
    await erased(admin.accountId, admin.at);
    expect(await userItem(deployment, late.ref)).toBeUndefined();
    expect(await heldOf(late.id)).toEqual([]);
  });

  it('R100 goes on wherever it broke off, and may be asked for again', async () => {
    const admin = await anAdmin(deployment);
    const { accountId } = admin;
    const users = Array.from({ length: 70 }, (_, n) => ({ id: `u${n}`, email: `u${n}@example.com` }));
    await admin.call('sync-users', { path: { accountId }, body: { users } });
    await close(accountId, admin.at);
    deployment.dynamodb.fault({ operation: 'DeleteItem', kind: 'fail', times: 40 });
    await deployment.sweep(admin.at + 1000);
    deployment.dynamodb.clearFaults();
    await close(accountId, admin.at + 2000);
    await erased(accountId, admin.at + 3 * minute);
    expect((await accountItem(deployment, accountId))?.erasedAtMs).toBeGreaterThan(0);
    expect(await heldOf('u69@example.com', admin.id)).toEqual([]);
  });

  it('S52 another account goes on', async () => {
    const [ada, bob] = [await new Person(deployment).enrol(), await new Person(deployment).enrol()];
    await close(bob.accountId, bob.at);
    await erased(bob.accountId, bob.at);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
    expect((await atDesk(await anAdmin(deployment, { accountId: ada.accountId }), 'list-users')).status).toBe(
      200,
    );
  });
});
