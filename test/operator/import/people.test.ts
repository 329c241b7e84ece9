import { describe, expect, it } from 'vitest';
import type { Entry, Read } from '../../../operator/formats/format.ts';
import { type PeopleOptions, peopleFrom, readUsers } from '../../../operator/import/people.ts';

const secretOf = (bytes: number, fill = 7): Uint8Array => new Uint8Array(bytes).fill(fill);
const entry = (more: Partial<Entry> = {}): Entry => ({
  place: 'line 2',
  id: 'u1',
  email: 'ada@example.com',
  secret: secretOf(20),
  algorithm: 'SHA1',
  digits: 6,
  periodSeconds: 30,
  warnings: [],
  ...more,
});
const judged = (reads: Read[], options: PeopleOptions = {}) =>
  peopleFrom(reads, { accountId: 'acme', ...options });
const reasonFor = (more: Partial<Entry>, options: PeopleOptions = {}) =>
  judged([entry(more)], options).unusable[0]?.reason;

describe('what an authenticator uses', () => {
  it.each(['SHA1', 'sha1', 'SHA-1', 'HmacSHA1'])('%s is SHA-1', (algorithm) => {
    expect(judged([entry({ algorithm })]).people).toHaveLength(1);
  });

  it.each([
    { algorithm: 'SHA256' },
    { algorithm: 'MD5' },
    { digits: 8 },
    { periodSeconds: 60 },
    { digits: Number.NaN },
  ])('is refused by name, with what to do: %j', (more) => {
    expect(reasonFor(more)).toContain(String(Object.values(more)[0]));
    expect(reasonFor(more)).toContain('sets up an authenticator');
  });
});

describe('the length of a secret', () => {
  it.each([
    [9, true, 'could be guessed'],
    [10, false, '--allow-weak'],
    [15, false, '--allow-weak'],
  ])('%i bytes, weak ones allowed: %s', (bytes, allowWeak, words) => {
    expect(reasonFor({ secret: secretOf(bytes) }, { allowWeak })).toContain(words);
  });

  it.each([
    [10, true],
    [15, true],
    [16, false],
    [20, false],
  ])('%i bytes are taken and marked weak: %s', (bytes, weak) => {
    const [person] = judged([entry({ secret: secretOf(bytes) })], { allowWeak: weak }).people;
    expect(person?.authenticators[0]?.weak).toBe(weak);
    expect(person?.warnings).toHaveLength(weak ? 1 : 0);
  });
});

describe('who it is', () => {
  const login = (name: string) => {
    const { id: _id, email: _email, ...rest } = entry({ login: name });
    return rest as Entry;
  };

  it('stands in the entry, or in a list of users by login or address, whatever their case', () => {
    const users = readUsers('id,email,login\nu7,ada@example.com,Ada\n');
    expect(judged([login('ADA')], { users }).people[0]).toMatchObject({ id: 'u7', email: 'ada@example.com' });
    expect(judged([login('Ada@Example.com')], { users }).people[0]).toMatchObject({ id: 'u7' });
    expect(judged([login('bob')], { users }).unusable[0]?.reason).toContain('nobody of this name');
  });

  it('is never guessed: an address is an id only where that was said', () => {
    expect(judged([login('ada@example.com')]).unusable[0]?.reason).toContain('--users FILE');
    expect(judged([login('ada@example.com')], { emailIsId: true }).people[0]?.id).toBe('ada@example.com');
  });

  it.each([
    [{ id: 'a b' }, 'visible characters'],
    [{ id: 'a#b' }, 'visible characters'],
    [{ email: 'ada' }, 'no email address'],
  ])('must be what the API takes: %j', (more, words) => {
    expect(reasonFor(more)).toContain(words);
  });

  it('belongs to an account, of the entry or of all', () => {
    expect(judged([entry({ accountId: 'other' })]).people[0]?.accountId).toBe('other');
    expect(peopleFrom([entry()], {}).unusable[0]?.reason).toContain('--account');
  });

  it('is one of a list without doubles', () => {
    expect(() => readUsers('id,email\n1,a@b.example\n2,A@b.example\n')).toThrow('twice (line 3)');
    expect(() => readUsers('id,mail\n')).toThrow('id and email');
  });
});

describe('several authenticators of one person', () => {
  it('come together, up to five', () => {
    const { people, unusable } = judged(
      Array.from({ length: 6 }, (_, n) => entry({ secret: secretOf(20, n) })),
    );
    expect(people[0]?.authenticators).toHaveLength(5);
    expect(unusable[0]?.reason).toContain('5 authenticators already');
  });

  it('are no two with one secret, and not of two addresses', () => {
    expect(judged([entry(), entry()]).unusable[0]?.reason).toContain('same secret');
    expect(judged([entry(), entry({ email: 'b@example.com' })]).unusable[0]?.reason).toContain(
      'another address',
    );
  });
});

it('recovery codes under 64 bits are left out, and the person is imported', () => {
  const recoveryCodes = ['aB3dE-fGh1J', 'k7m2-p9qr-t4vw-x6yz'];
  const [person] = judged([entry({ recoveryCodes })]).people;
  expect(person?.recoveryCodes).toEqual(['k7m2-p9qr-t4vw-x6yz']);
  expect(person?.warnings[0]).toContain('1 recovery codes of fewer than 64 bits');
});

it('an entry that could not be read stays refused beside those that could', () => {
  const { people, unusable } = judged([{ place: 'line 1', who: '', reason: 'broken' }, entry()]);
  expect([people.length, unusable.length]).toEqual([1, 1]);
});
