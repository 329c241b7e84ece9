/**
 * S68, rehearsed. People live on after the backup: they use codes, lose devices, remove factors, are erased. Then the copy is
 * restored, the stage is pointed at it, and an attacker (or the person) tries all of it again.
 */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { DeleteCommand, DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Table } from '../../../lambdas/adapters/dynamodb.ts';
import { userKey } from '../../../lambdas/adapters/keys.ts';
import { type RestoreReport, restore } from '../../../operator/restore/restore.ts';
import { type Deployment, deploy, tableDefinition, tableName } from '../../support/deployment.ts';
import { anAdmin, changePolicy } from '../../support/desk.ts';
import { Person } from '../../support/person.ts';

const restoredName = 'countersign-restored';
let deployment: Deployment;
let client: DynamoDBDocumentClient;
let kms: KMSClient;
let at: number;
const people: Record<string, Person> = {};
const used: Record<string, string> = {};
let reports: RestoreReport[];

const table = (name: string): Table => ({ client, name });
const pathOf = ({ accountId, id }: Person) => ({ accountId, userId: id });

async function copyTable(from: string, to: string): Promise<void> {
  await deployment.dynamodb.createTable({ ...tableDefinition, TableName: to });
  const { Items = [] } = await client.send(new ScanCommand({ TableName: from }));
  for (const Item of Items) {
    await client.send(new PutCommand({ TableName: to, Item }));
  }
}

/** The stage at another table: its functions start anew. */
function pointAt(name: string): void {
  process.env.TABLE_NAME = name;
  vi.resetModules();
}

async function newPerson(name: string): Promise<Person> {
  const person = new Person(deployment, { accountId: 'acme', id: name, at });
  people[name] = await person.enrol();
  return person;
}

/** The table breaks off after so many writes, as a command that is killed. */
function dyingAfter(writes: number): Table {
  let left = writes;
  const send = (command: { constructor: { name: string } }) => {
    if (/Put|Update|Delete/.test(command.constructor.name)) {
      left -= 1;
    }
    if (left < 0) {
      throw new Error('killed');
    }
    return client.send(command as never);
  };
  return {
    client: new Proxy(client, { get: (of, key) => (key === 'send' ? send : Reflect.get(of, key)) }),
    name: restoredName,
  };
}

beforeAll(async () => {
  deployment = await deploy();
  client = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
    marshallOptions: { removeUndefinedValues: true },
  });
  kms = new KMSClient({});
  at = Math.floor(Date.now() / 30_000) * 30_000 + 15_000;
  const admin = await anAdmin(deployment, { accountId: 'acme', id: 'admin', at });
  await changePolicy(deployment, admin, { rememberDevice: { allowed: true, days: 30 } });
  for (const name of ['ada', 'bob', 'cleo', 'dan', 'eve', 'fay', 'gus']) {
    await newPerson(name);
  }
  const { ada, bob, cleo, dan, eve, fay } = people as Record<string, Person>;
  const late = new Person(deployment, { accountId: 'acme', id: 'late', at });
  await late.signIn();
  // Dan trusts a browser before the backup.
  const trusting = {
    challengeToken: await dan?.challengeToken(),
    method: 'totp',
    code: dan?.code(),
    rememberDevice: true,
  };
  used.device = (await dan?.call('verify-challenge', { body: trusting }))?.body.deviceToken;
  await deployment.sweep(at + 60_000);

  await copyTable(tableName, restoredName);

  // After the backup: Ada signs in, Bob spends a recovery code, Dan revokes his browser.
  used.code = ada?.code() as string;
  expect((await ada?.verify((await ada?.challengeToken()) as string, 'totp', used.code))?.status).toBe(200);
  used.recoveryCode = bob?.recoveryCodes[0] as string;
  await bob?.verify((await bob?.challengeToken()) as string, 'recovery_code', used.recoveryCode);
  expect((await dan?.own('revoke-trusted-devices'))?.status).toBe(204);
  // Cleo replaces her authenticator, Eve is erased, Fay turns two-factor off, Late and New turn it on.
  used.removedSecret = cleo?.secret as string;
  const second = await cleo?.start({ proof: cleo.totpProof() });
  if (cleo) {
    const first = (await cleo.status()).authenticators[0].id;
    cleo.secret = second?.body.secret;
    await cleo.later(30_000).confirm(second?.body.authenticatorId, cleo.code());
    const removed = await cleo
      .later(30_000)
      .own('remove-authenticator', { path: { id: first }, body: { proof: cleo.totpProof() } });
    expect(removed.status).toBe(200);
  }
  await eve?.call('delete-user', { path: pathOf(eve) });
  expect((await fay?.own('disable-two-factor', { body: { proof: fay.totpProof() } }))?.status).toBe(200);
  people.late = await late.enrol();
  people.newcomer = await newPerson('newcomer');

  // Gus is lost: somebody deleted his item, which is why there is a restore.
  const lost = userKey({ accountId: 'acme', userId: 'gus' });
  await client.send(new DeleteCommand({ TableName: tableName, Key: lost }));

  // Killed three times on the way, then run to its end.
  reports = [];
  for (const dying of [dyingAfter(1), dyingAfter(4), dyingAfter(9), table(restoredName)]) {
    const job = {
      restored: dying,
      old: table(tableName),
      erasures: [{ accountId: 'acme', userId: 'eve' }],
      kms,
      vaultKeyArn: deployment.vaultKeyArn,
      stage: 'test',
      nowMs: () => at + 5 * 60_000,
      onProgress: () => {},
    };
    await restore(job).then(
      (report) => reports.push(report),
      (error) => expect(String(error)).toContain('killed'),
    );
  }
  pointAt(restoredName);
  for (const person of Object.values(people)) {
    person.at = at + 10 * 60_000;
  }
}, 120_000);
afterAll(() => deployment.close());

const person = (name: string): Person => people[name] as Person;

describe('after a restore', () => {
  it('a run that was killed three times ended once', () => {
    expect(reports).toHaveLength(1);
    // Under the custody `cached` the keys for secrets and tokens are wrapped anew as well.
    const keys = process.env.KEY_CUSTODY === 'cached' ? expect.any(Number) : 1;
    expect(reports[0]).toMatchObject({ keys, addedSinceBackup: 1 });
  });

  it('a code that was used after the backup does not pass, and the next one does', async () => {
    const ada = person('ada');
    ada.at = at + 30_000;
    const challengeToken = await ada.challengeToken();
    const again = await ada.verify(challengeToken, 'totp', used.code as string);
    // A sign-in that began before the restore is worth nothing, whatever its code.
    expect([again.status, again.body.token]).toEqual([410, undefined]);
    ada.at = at + 11 * 60_000;
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
  });

  it('no recovery code passes: neither the spent one nor another of its batch', async () => {
    const bob = person('bob');
    for (const code of [used.recoveryCode as string, bob.recoveryCodes[1] as string]) {
      expect((await bob.verify(await bob.challengeToken(), 'recovery_code', code)).status).not.toBe(200);
    }
  });

  it('an authenticator that was removed after the backup opens nothing', async () => {
    const cleo = person('cleo');
    const started = await cleo.signIn();
    expect(started.body.status).toBe('enrollment_required');
    expect(started.body.bootstrap).not.toBeNull();
    cleo.secret = used.removedSecret as string;
    expect((await cleo.verify(started.body.challengeToken, 'totp', cleo.code())).status).not.toBe(200);
  });

  it('a device that was revoked after the backup is challenged', async () => {
    expect((await person('dan').signIn({ deviceToken: used.device })).body.status).toBe('challenge');
  });

  it('whoever was erased is not back', async () => {
    const admin = new Person(deployment, { accountId: 'acme', id: 'admin', at: at + 10 * 60_000 });
    const list = await admin.call('list-users', { bearer: await admin.token({ role: 'admin' }) });
    expect(list.body.data.map(({ id }: { id: string }) => id)).not.toContain('eve');
  });

  it('whoever turned two-factor off after the backup goes on without it', async () => {
    expect((await person('fay').signIn()).body).toMatchObject({ status: 'passed', secondFactor: 'none' });
  });

  it.each(['late', 'newcomer'])(
    'whoever turned it on after the backup does not pass without it: %s',
    async (name) => {
      expect((await person(name).signIn()).body.status).toBe('enrollment_required');
    },
  );

  it('whoever was lost with the old table is back, and enrols anew', async () => {
    expect((await person('gus').signIn()).body.status).toBe('enrollment_required');
  });

  it('the figures are those of the people who are there', async () => {
    const { directory } = await import('../../../lambdas/adapters/directory.ts');
    expect(await directory(table(restoredName)).figures('acme')).toEqual({ users: 9, enrolled: 3 });
  });

  it('is done once', async () => {
    const job = {
      restored: table(restoredName),
      old: undefined,
      erasures: [],
      kms,
      vaultKeyArn: deployment.vaultKeyArn,
      stage: 'test',
    };
    await expect(restore({ ...job, nowMs: Date.now, onProgress: () => {} })).rejects.toThrow(
      'restored already',
    );
  });
});

it('without the old table, everybody with a factor proves the mailbox and enrols', async () => {
  const name = 'countersign-without-old';
  await copyTable(tableName, name);
  const job = {
    restored: table(name),
    old: undefined,
    erasures: [],
    kms,
    vaultKeyArn: deployment.vaultKeyArn,
    stage: 'test',
  };
  const report = await restore({ ...job, nowMs: Date.now, onProgress: () => {} });
  expect(report.policiesFromBackup).toEqual(['acme']);
  pointAt(name);
  const started = await person('ada').signIn();
  expect(started.body).toMatchObject({ status: 'enrollment_required', bootstrap: { method: 'email' } });
});
