/** A stage moves from one key custody to the other and back, while people sign in. */
import { KMSClient } from '@aws-sdk/client-kms';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import { tableClient } from '../../lambdas/adapters/dynamodb.ts';
import { custodyOf, type KeyCustody } from '../../lambdas/adapters/secret-box.ts';
import { rotateDataKeys, rotateTokenKeys } from '../../operator/held-keys.ts';
import { type ResealReport, reseal } from '../../operator/reseal.ts';
import { deploy, issuerUrl, tableName } from '../support/deployment.ts';
import { minute, Person } from '../support/person.ts';
import { userItem } from '../support/table.ts';

const deployment = await deploy({ KEY_CUSTODY: 'kms' });
const hour = 60 * minute;
const custody = {
  table: { client: tableClient(), name: tableName },
  kms: new KMSClient({ endpoint: deployment.kms.endpoint }),
  vaultKeyArn: deployment.vaultKeyArn,
  stage: 'test',
};
const kmsKid = deployment.signingKeyArn.split('/').at(-1);
const people: Person[] = [];
let now = 0;

/** Everybody lives at the same time: the moment is moved for all. */
function laterForAll(ms: number): void {
  now = Math.max(now, ...people.map(({ at }) => at)) + ms;
  for (const person of people) {
    person.at = now;
  }
}

async function enrolAnother(): Promise<Person> {
  const person = await new Person(deployment, now === 0 ? {} : { at: now }).enrol();
  people.push(person);
  laterForAll(30_000);
  return person;
}

/** The stage deployed anew: its functions start anew. */
function deployAs(keyCustody: KeyCustody, alsoOpens?: KeyCustody): void {
  process.env.KEY_CUSTODY = keyCustody;
  delete process.env.ALSO_OPENS;
  if (alsoOpens) {
    process.env.ALSO_OPENS = alsoOpens;
  }
  vi.resetModules();
}

async function signInAs(person: Person): Promise<string> {
  const { status, body } = await person.verify(await person.challengeToken(), 'totp', person.code());
  expect(status).toBe(200);
  return body.token;
}

/** A verifier that reads the key set now. */
async function verifyNow(token: string, at: number) {
  const { body } = await deployment.call('jwks', { at: now });
  const options = { issuer: issuerUrl, audience: 'acme', currentDate: new Date(at) };
  return jwtVerify(token, createLocalJWKSet(body), options);
}
const kidOf = (token: string) => decodeProtectedHeader(token).kid;

const run = (keyCustody: KeyCustody, moves = true): Promise<ResealReport> =>
  reseal({ custody, keyCustody, moves, nowMs: () => now, onProgress: () => {} });

async function sealedAs(): Promise<KeyCustody[]> {
  const users = await Promise.all(people.map(({ ref }) => userItem(deployment, ref)));
  return users.flatMap((user) => (user?.authenticators ?? []).map(({ secret }) => custodyOf(secret)));
}

describe('a stage that moves from kms to cached', () => {
  it('opens what was sealed before, seals the new way, and signs with the key of KMS as yet', async () => {
    await enrolAnother();
    await enrolAnother();
    deployAs('cached', 'kms');
    for (const person of people) {
      expect(kidOf(await signInAs(person))).toBe(kmsKid);
    }
    laterForAll(minute);
    await enrolAnother();
    expect(await sealedAs()).toEqual(['kms', 'kms', 'cached']);
    const { keys } = (await deployment.call('jwks', { at: now })).body;
    expect(keys).toHaveLength(2);
  });

  it('moves the rest while people sign in, and waits for the tokens', async () => {
    const [report] = await Promise.all([run('cached'), ...people.map(signInAs)]);
    expect(report).toMatchObject({ users: 3, resealed: 2, left: 0, failed: [] });
    expect(report.tokensUntilMs).toBeGreaterThan(now + 4 * hour);
    expect(await sealedAs()).toEqual(['cached', 'cached', 'cached']);
    expect(await run('cached')).toMatchObject({ resealed: 0, left: 0 });
  });

  it('signs with its own key after two hours; a token of before verifies; then it lets go of kms', async () => {
    laterForAll(minute);
    const before = await signInAs(people[0] as Person);
    const then = now;
    laterForAll(2.5 * hour);
    const after = await signInAs(people[1] as Person);
    expect(kidOf(after)).not.toBe(kmsKid);
    await expect(verifyNow(before, then)).resolves.toBeDefined();
    await expect(verifyNow(after, now)).resolves.toBeDefined();
    laterForAll(2.5 * hour);
    expect((await run('cached')).tokensUntilMs).toBeLessThan(now);
    deployAs('cached');
    for (const person of people) {
      await signInAs(person);
    }
  });

  it('after a rotation its secrets move to the new key of their shard, and tokens to the new pair', async () => {
    const first = kidOf(await signInAs((await enrolAnother()).later(minute)));
    expect(await rotateDataKeys(custody, now)).toBeGreaterThan(0);
    const { keyId, signsFromMs } = await rotateTokenKeys(custody, { nowMs: now });
    laterForAll(11 * minute);
    expect(await run('cached', false)).toMatchObject({ resealed: people.length, left: 0 });
    expect(kidOf(await signInAs(people[0] as Person))).toBe(first);
    laterForAll(signsFromMs - now);
    const after = await signInAs(people[1] as Person);
    expect(kidOf(after)).toBe(keyId);
    await expect(verifyNow(after, now)).resolves.toBeDefined();
  });
});

describe('a stage that moves back to kms', () => {
  it('signs with the key of KMS at once, which was published all the time', async () => {
    laterForAll(minute);
    const { keys } = (await deployment.call('jwks', { at: now })).body;
    expect(keys.map(({ kid }: { kid: string }) => kid)).toContain(kmsKid);
    const before = await signInAs(people[0] as Person);
    const then = now;
    deployAs('kms', 'cached');
    laterForAll(minute);
    const after = await signInAs(people[1] as Person);
    expect(kidOf(after)).toBe(kmsKid);
    await expect(verifyNow(before, then)).resolves.toBeDefined();
  });

  it('a secret that is left does not open once the stage has let go: 503, and nothing is counted', async () => {
    laterForAll(minute);
    deployAs('kms');
    const person = people[0] as Person;
    const answer = await person.verify(await person.challengeToken(), 'totp', person.code());
    expect(answer.status).toBe(503);
    expect((await userItem(deployment, person.ref))?.failures.consecutive).toBe(0);
    deployAs('kms', 'cached');
  });

  it('moves the rest, keeps the pair published for two hours, then forgets it', async () => {
    laterForAll(minute);
    const [report] = await Promise.all([run('kms'), ...people.map(signInAs)]);
    expect(report).toMatchObject({ resealed: people.length, left: 0, tokensUntilMs: now + 2.25 * hour });
    laterForAll(2.25 * hour - minute);
    expect((await run('kms')).tokensUntilMs).toBeGreaterThan(now);
    laterForAll(minute);
    await run('kms');
    expect((await run('kms')).tokensUntilMs).toBeUndefined();
    deployAs('kms');
    for (const person of people) {
      await signInAs(person);
    }
  });
});

describe('what cannot be moved', () => {
  it('is left, with its reason, and the others go on', async () => {
    laterForAll(minute);
    deployAs('cached', 'kms');
    const sick = people[0] as Person;
    const other = people[1] as Person;
    const { authenticators = [] } = (await userItem(deployment, other.ref)) ?? {};
    const { changeUserItem } = await import('../support/table.ts');
    await changeUserItem(deployment, sick.ref, { authenticators });
    const report = await run('cached');
    expect(report).toMatchObject({ resealed: people.length - 1, left: 1 });
    expect(report.failed).toEqual([{ ...sick.ref, reason: 'a ciphertext does not open' }]);
  });
});
