import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { auditTrail } from '../../lambdas/adapters/audit-trail.ts';
import { accountKey, userKey } from '../../lambdas/adapters/keys.ts';
import { ledger } from '../../lambdas/adapters/ledger.ts';
import { userStore } from '../../lambdas/adapters/user-store.ts';
import { Unavailable } from '../../lambdas/core/ports.ts';
import { type Account, newAccount, refOf, type User, type UserRef } from '../../lambdas/core/state/item.ts';
import { decideAndSave } from '../../lambdas/edge/run/decide.ts';
import { eraseUser } from '../../lambdas/edge/run/erase-user.ts';
import type { DynamoDb } from '../../local/engines/dynamodb.ts';
import { answerCall, recordCalls } from '../support/calls.ts';
import { given, startEngines } from '../support/engines.ts';
import { anEvent, aUser, fullUser, newRef } from '../support/users.ts';

const engines = await startEngines();
const store = userStore({ client: engines.dynamodb, name: engines.table });

const rawItem = async (ref: UserRef) =>
  (await engines.dynamodb.send(new GetCommand({ TableName: engines.table, Key: userKey(ref) }))).Item;
const putRaw = (Item: Record<string, unknown>) =>
  engines.dynamodb.send(new PutCommand({ TableName: engines.table, Item }));
const rowsOf = async (ref: UserRef) => {
  const rows = new QueryCommand({
    TableName: engines.table,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': userKey(ref).pk },
    ConsistentRead: true,
  });
  return (await engines.dynamodb.send(rows)).Items ?? [];
};
const erase = (ref: UserRef) =>
  eraseUser({ store, ledger: ledger({ client: engines.dynamodb, name: engines.table }) }, ref);
const loaded = async (ref: UserRef) => (await store.load(ref)).user as User;
const savedUser = async (user = aUser()) => {
  expect(await store.save(user)).toBe('saved');
  return loaded(user);
};
const failureOf = (call: Promise<unknown>) => call.then(() => undefined).catch((error: unknown) => error);

describe('loading', () => {
  it('nobody is undefined, in an account with the defaults', async () => {
    const ref = newRef();
    expect(await store.load(ref)).toEqual({ user: undefined, account: newAccount(ref.accountId) });
  });

  it('one strongly consistent batch read brings the user and the account', async () => {
    const user = await savedUser();
    const account = { ...newAccount(user.accountId), issuer: 'Acme', policyVersion: 7 };
    await putRaw({ ...accountKey(user.accountId), ...account });
    const calls = recordCalls(engines.dynamodb);
    expect(await store.load(user)).toEqual({ user, account });
    expect(calls.map(({ command }) => command)).toEqual(['BatchGetItemCommand']);
    expect(calls[0]?.input).toMatchObject({ RequestItems: { [engines.table]: { ConsistentRead: true } } });
  });

  it('a user is found only in the own account', async () => {
    const user = await savedUser();
    expect((await store.load({ ...user, accountId: 'another' })).user).toBeUndefined();
  });

  it.each([
    ['S66 of a newer schema', (user: User) => ({ ...user, schema: 2 })],
    ['S66 without a schema', ({ schema: _schema, ...user }: User) => user],
    ['S66 without its failures', ({ failures: _failures, ...user }: User) => user],
    ['S66 without its authenticators', ({ authenticators: _authenticators, ...user }: User) => user],
    ['S66 with a secret that is text', (user: User) => withSecret(user, 'text')],
    ['S66 with a time step that is text', (user: User) => withTimeStep(user, '59')],
  ])('an item %s is refused as an integrity failure, not taken for two-factor off', async (_, spoil) => {
    const user = fullUser();
    await putRaw({ ...userKey(user), ...spoil({ ...user, writeId: 'w' }) });
    const failure = await failureOf(store.load(user));
    expect(failure).toBeInstanceOf(Unavailable);
    expect(failure).toMatchObject({ integrity: true });
    expect((failure as Unavailable).reason).not.toContain(user.email);
  });

  it.each([
    ['of a newer schema', { schema: 2 }],
    ['with a policy of no known shape', { policy: { mode: 'off' } }],
  ])(
    'S66 an account %s is refused as an integrity failure, not taken for the defaults',
    async (_, spoilt) => {
      const user = await savedUser();
      await putRaw({ ...accountKey(user.accountId), ...newAccount(user.accountId), ...spoilt });
      expect(await failureOf(store.load(user))).toMatchObject({ integrity: true });
    },
  );

  it('S69 what a batch read left out is asked again', async () => {
    const user = await savedUser();
    const calls = recordCalls(engines.dynamodb);
    const stop = answerCall(engines.dynamodb, 'BatchGetItemCommand', 1, ({ input }) => ({
      Responses: {},
      UnprocessedKeys: input.RequestItems as object,
    }));
    expect((await store.load(user)).user).toEqual(user);
    stop();
    expect(calls).toHaveLength(2);
  });

  it('S69 only the part that was left out is asked again, and both parts arrive', async () => {
    const user = await savedUser();
    const account = { ...newAccount(user.accountId), issuer: 'Acme' };
    await putRaw({ ...accountKey(user.accountId), ...account });
    const calls = recordCalls(engines.dynamodb);
    const stop = answerCall(engines.dynamodb, 'BatchGetItemCommand', 1, () => ({
      Responses: { [engines.table]: [{ ...accountKey(user.accountId), ...account }] },
      UnprocessedKeys: { [engines.table]: { Keys: [userKey(user)], ConsistentRead: true } },
    }));
    expect(await store.load(user)).toEqual({ user, account });
    stop();
    expect(calls[1]?.input).toMatchObject({
      RequestItems: { [engines.table]: { Keys: [userKey(user)], ConsistentRead: true } },
    });
  });
});

describe('saving', () => {
  it('everything comes back as it was, bytes included', async () => {
    const user = fullUser();
    const saved = await savedUser(user);
    expect(saved).toMatchObject({ ...user, rev: user.rev + 1, writeId: expect.stringMatching(/./) });
    expect(saved.challenges).toEqual(user.challenges);
    expect(saved.authenticators).toEqual(user.authenticators);
    expect(saved.recoveryCodes).toEqual(user.recoveryCodes);
    expect(saved.trustedDevices).toEqual(user.trustedDevices);
  });

  it('any bytes come back equal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 64 }), async (salt) => {
        const recoveryCodes = { salt, rounds: 1, hashes: [salt], generatedAtMs: 0 };
        const saved = await savedUser({ ...aUser(), recoveryCodes });
        expect([...(saved.recoveryCodes?.salt ?? [])]).toEqual([...salt]);
        expect([...(saved.recoveryCodes?.hashes[0] ?? [])]).toEqual([...salt]);
      }),
      { numRuns: 20 },
    );
  });

  it('somebody new is saved once; the second who saves them meets a conflict and changes nothing', async () => {
    const user = aUser();
    expect(await store.save({ ...user, displayName: 'first' })).toBe('saved');
    expect(await store.save({ ...user, displayName: 'second' })).toBe('conflict');
    expect((await loaded(user)).displayName).toBe('first');
  });

  it('a state that is no longer the stored one meets a conflict and changes nothing', async () => {
    const stale = await savedUser();
    const next = await savedUser({ ...stale, displayName: 'newer' });
    expect(await store.save({ ...stale, displayName: 'stale' })).toBe('conflict');
    expect(await loaded(stale)).toEqual(next);
  });

  it('S18 of many saves of one state at once exactly one lands', async () => {
    const user = await savedUser();
    const names = Array.from({ length: 20 }, (_, index) => `writer ${index}`);
    const outcomes = await Promise.all(names.map((displayName) => store.save({ ...user, displayName })));
    expect(outcomes.filter((outcome) => outcome === 'saved')).toHaveLength(1);
    expect((await loaded(user)).displayName).toBe(names[outcomes.indexOf('saved')]);
    expect((await loaded(user)).rev).toBe(user.rev + 1);
  });

  it('a lost race is decided again and never loses the other write', async () => {
    const user = await savedUser();
    const events = [anEvent(1), anEvent(2), anEvent(3)];
    const answers = await Promise.all(
      events.map((event) =>
        decideAndSave({ store }, user, (state) => {
          const current = state.user as User;
          return { save: { ...current, outbox: [...current.outbox, event] }, answer: { done: true } };
        }),
      ),
    );
    expect(answers).toEqual(events.map(() => ({ done: true })));
    const ids = (await loaded(user)).outbox.map(({ id }) => id);
    expect(ids.sort()).toEqual(events.map(({ id }) => id).sort());
  });

  it('S67 attributes of a newer release survive a round trip, at every level', async () => {
    const later = { fromALaterRelease: { on: true, bytes: new Uint8Array([1, 2]) } };
    const user = fullUser();
    const [authenticator] = user.authenticators;
    const attempts = user.challenges.chl_1;
    await savedUser(user);
    await putRaw({
      ...(await rawItem(user)),
      ...later,
      authenticators: [{ ...authenticator, ...later }],
      failures: { ...user.failures, ...later },
      challenges: { chl_1: { ...attempts, ...later } },
    });
    await savedUser({ ...(await loaded(user)), displayName: 'changed' });
    expect(await rawItem(user)).toMatchObject({
      ...later,
      displayName: 'changed',
      authenticators: [later],
      failures: later,
      challenges: { chl_1: later },
    });
  });

  it('a user deleted and made again never accepts the earlier state', async () => {
    const nowMs = Date.now();
    const earlier = await savedUser(aUser(newRef(), nowMs));
    await erase(earlier);
    expect(await store.save({ ...earlier, displayName: 'back' })).toBe('conflict');
    expect((await store.load(earlier)).user).toBeUndefined();
    const again = await savedUser(aUser(refOf(earlier), nowMs + 1000));
    expect(await store.save({ ...earlier, displayName: 'back' })).toBe('conflict');
    expect(await loaded(earlier)).toEqual(again);
  });

  it('S66 what could not be read back is not written, and what was there stays', async () => {
    const user = await savedUser();
    const broken = { ...user, codesSentAtMs: [0.5] };
    await expect(store.save(broken)).rejects.toMatchObject({ integrity: true });
    expect(await loaded(user)).toEqual(user);
  });

  it('an attribute that is gone from the state is gone from the item', async () => {
    const { pendingAuthenticator: _pending, ...without } = await savedUser(fullUser());
    await savedUser(without as User);
    expect(await rawItem(without)).not.toHaveProperty('pendingAuthenticator');
  });
});

describe('accounts', () => {
  const savedAccount = async (account: Account) => {
    expect(await store.saveAccount(account)).toBe('saved');
    return store.loadAccount(account.accountId);
  };

  it('one that was never written has the defaults; one that was comes back as it was', async () => {
    const { accountId } = newRef();
    const account = await store.loadAccount(accountId);
    expect(account).toEqual(newAccount(accountId));
    const saved = await savedAccount({ ...account, issuer: 'Acme', policyVersion: 2 });
    expect(saved).toMatchObject({ issuer: 'Acme', policyVersion: 2, rev: account.rev + 1 });
    expect((await store.load({ accountId, userId: 'ada' })).account).toEqual(saved);
  });

  it('S43 of two who save one state the second meets a conflict and changes nothing', async () => {
    const account = await store.loadAccount(newRef().accountId);
    const saved = await savedAccount({ ...account, issuer: 'first' });
    expect(await store.saveAccount({ ...account, issuer: 'second' })).toBe('conflict');
    const next = await savedAccount({ ...saved, issuer: 'third' });
    expect(await store.saveAccount({ ...saved, issuer: 'fourth' })).toBe('conflict');
    expect(await store.loadAccount(account.accountId)).toEqual(next);
  });

  it('S66 one that is unreadable is refused as an integrity failure', async () => {
    const { accountId } = newRef();
    await putRaw({ ...accountKey(accountId), ...newAccount(accountId), writeId: 'w', policy: {} });
    expect(await failureOf(store.loadAccount(accountId))).toMatchObject({ integrity: true });
  });
});

describe('removing', () => {
  it('a user is gone, unless somebody else has written since', async () => {
    const stale = await savedUser();
    const current = await savedUser({ ...stale, displayName: 'newer' });
    expect(await store.remove(stale)).toBe('conflict');
    expect(await loaded(stale)).toEqual(current);
    expect(await store.remove(current)).toBe('removed');
    expect((await store.load(stale)).user).toBeUndefined();
  });
});

describe('erasing', () => {
  const audited = async (rows: number) => {
    const user = await savedUser();
    const trail = auditTrail({ client: engines.dynamodb, name: engines.table });
    await Promise.all(Array.from({ length: rows }, (_, at) => trail.record(user, anEvent(at * 1000))));
    expect(await rowsOf(user)).toHaveLength(rows + 1);
    return user;
  };

  it('takes the state and all audit rows, more than one batch of them, and nobody else', async () => {
    const user = await audited(60);
    const neighbour = await savedUser(aUser({ ...refOf(user), userId: `${user.userId}2` }));
    await erase(user);
    expect(await rowsOf(user)).toEqual([]);
    expect((await store.load(user)).user).toBeUndefined();
    expect(await loaded(neighbour)).toEqual(neighbour);
  });

  it('again, or of nobody, is the same', async () => {
    const user = await savedUser();
    await erase(user);
    await erase(user);
    await erase(newRef());
    expect(await rowsOf(user)).toEqual([]);
  });

  it('one that broke off is finished when asked again', async () => {
    const user = await audited(30);
    const stop = answerCall(engines.dynamodb, 'BatchWriteItemCommand', 2, () => {
      throw new Error('the connection is gone');
    });
    await expect(erase(user)).rejects.toThrow();
    stop();
    expect(await rowsOf(user)).not.toEqual([]);
    await erase(user);
    expect(await rowsOf(user)).toEqual([]);
  });

  it('what a batch write left out is asked again', async () => {
    const user = await audited(3);
    const stop = answerCall(engines.dynamodb, 'BatchWriteItemCommand', 1, ({ input }) => ({
      UnprocessedItems: input.RequestItems as object,
    }));
    await erase(user);
    stop();
    expect(await rowsOf(user)).toEqual([]);
  });
});

describe.skipIf(given.dynamodb)('when DynamoDB fails (local engine: its faults are on demand)', () => {
  let dynamodb: DynamoDb;
  beforeEach(() => {
    dynamodb = engines.local.dynamodb as DynamoDb;
    dynamodb.clearFaults();
    dynamodb.requests.length = 0;
  });
  const asked = (operation: string) =>
    dynamodb.requests.filter((each) => each.operation === operation).length;

  it('S69 a batch read that stays incomplete is a failed load', async () => {
    const user = await savedUser();
    dynamodb.fault({ operation: 'BatchGetItem', kind: 'partial', times: Number.POSITIVE_INFINITY });
    dynamodb.requests.length = 0;
    const failure = await failureOf(store.load(user));
    expect(failure).toBeInstanceOf(Unavailable);
    expect(failure).toMatchObject({ integrity: false });
    expect(asked('BatchGetItem')).toBeGreaterThan(1);
  });

  it.each(['throttle', 'fail', 'reject'] as const)(
    'S58 a load or a save that it refuses (%s) is unavailable, and no integrity failure',
    async (kind) => {
      const user = await savedUser();
      dynamodb.fault({ operation: '*', kind, times: Number.POSITIVE_INFINITY });
      const failures = [await failureOf(store.load(user)), await failureOf(store.save(user))];
      dynamodb.clearFaults();
      for (const failure of failures) {
        expect(failure).toBeInstanceOf(Unavailable);
        expect(failure).toMatchObject({ integrity: false });
      }
      expect(await loaded(user)).toEqual(user);
    },
  );

  it('S59 a save whose answer was lost counts as saved, once', async () => {
    const user = await savedUser();
    dynamodb.fault({ operation: 'PutItem', kind: 'applied_but_lost' });
    expect(await store.save({ ...user, displayName: 'once' })).toBe('saved');
    expect(asked('PutItem')).toBeGreaterThan(2);
    expect(await loaded(user)).toMatchObject({ displayName: 'once', rev: user.rev + 1 });
  });

  it('S59 so does the first save of somebody new', async () => {
    const user = aUser();
    dynamodb.fault({ operation: 'PutItem', kind: 'applied_but_lost' });
    expect(await store.save(user)).toBe('saved');
    expect(await loaded(user)).toMatchObject({ rev: user.rev + 1 });
  });

  it.each([1, 2])(
    'S59 one that somebody has saved over since, %i times, is still known to have landed',
    async (others) => {
      const user = await savedUser();
      dynamodb.requests.length = 0;
      dynamodb.fault({ operation: 'PutItem', kind: 'applied_but_lost' });
      dynamodb.fault({ operation: 'PutItem', kind: 'delay', delayMs: 700 });
      const lost = store.save({ ...user, displayName: 'lost' });
      await expect.poll(() => asked('PutItem'), { interval: 1 }).toBe(2);
      for (let other = 0; other < others; other += 1) {
        await savedUser(await loaded(user));
      }
      expect(await lost).toBe('saved');
      expect(await loaded(user)).toMatchObject({ displayName: 'lost', rev: user.rev + 1 + others });
    },
  );

  it('a save that had to be asked again after somebody else saved is a conflict', async () => {
    const user = await savedUser();
    dynamodb.requests.length = 0;
    dynamodb.fault({ operation: 'PutItem', kind: 'fail' });
    const slow = store.save({ ...user, displayName: 'slow' });
    await expect.poll(() => asked('PutItem'), { interval: 1 }).toBe(1);
    const other = { ...userKey(user), ...user, rev: user.rev + 1, writeId: 'other', displayName: 'other' };
    await engines.dynamodb.send(
      new UpdateCommand({
        TableName: engines.table,
        Key: userKey(user),
        UpdateExpression: 'SET rev = :rev, writeId = :writeId, displayName = :name',
        ExpressionAttributeValues: { ':rev': other.rev, ':writeId': 'other', ':name': 'other' },
      }),
    );
    expect(await slow).toBe('conflict');
    expect(asked('PutItem')).toBe(2);
    expect((await loaded(user)).displayName).toBe('other');
  });
});

const withSecret = (user: User, secret: unknown) => ({
  ...user,
  authenticators: user.authenticators.map((authenticator) => ({ ...authenticator, secret })),
});
const withTimeStep = (user: User, lastTimeStep: unknown) => ({
  ...user,
  authenticators: user.authenticators.map((authenticator) => ({ ...authenticator, lastTimeStep })),
});
