import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { anAdmin, changePolicy, colleagueOf } from '../support/desk.ts';
import { day, minute, type Person } from '../support/person.ts';

const deployment = await deploy();

const required = 'now requires';
const subjects = (person: Person, part: string) =>
  deployment.mails(person.email).filter(({ subject }) => subject.includes(part)).length;

async function anAccount(users: number) {
  const admin = await anAdmin(deployment);
  const people = await Promise.all(Array.from({ length: users }, () => colleagueOf(deployment, admin)));
  await deployment.sweep(admin.at);
  return { admin, people };
}

const settings = (admin: Person, body: object) =>
  admin.call('set-account', { path: { accountId: admin.accountId }, body });

/** Sweeps as the schedule does until nothing is due, at this person's present. */
async function sweepAll(at: number) {
  for (let sweeps = 0; sweeps < 6; sweeps += 1) {
    await deployment.sweep(at + sweeps * minute);
  }
}

describe('turning enforcement on', () => {
  it('R43 mails every existing user of the account once, and nobody else, however often it sweeps', async () => {
    const { admin, people } = await anAccount(13);
    const { people: others } = await anAccount(1);
    await changePolicy(deployment, admin, { mode: 'required' });
    await sweepAll(admin.at);
    await sweepAll(admin.at + day);
    expect([admin, ...people].map((person) => subjects(person, required))).toEqual(Array(14).fill(1));
    expect(subjects(others[0] as Person, required)).toBe(0);
  });

  it('R43 a later version that goes on requiring it mails nobody again', async () => {
    const { admin, people } = await anAccount(2);
    await changePolicy(deployment, admin, { mode: 'required' });
    await sweepAll(admin.at);
    await changePolicy(deployment, admin, { federated: 'challenge' });
    await sweepAll(admin.at);
    expect(people.map((person) => subjects(person, required))).toEqual([1, 1]);
  });

  it('R78 reminds those who have not enrolled 7 days and 1 day before the date, and nobody who has', async () => {
    const { admin, people } = await anAccount(2);
    const [ada, bob] = people as [Person, Person];
    ada.at = admin.at;
    await ada.enrol();
    const requiredFrom = new Date(admin.at + day + 30 * day).toISOString();
    await changePolicy(deployment, admin, { mode: 'required', requiredFrom });
    await sweepAll(admin.at);
    const mailsOf = (person: Person) => deployment.mails(person.email).length;
    const before = [mailsOf(ada), mailsOf(bob)] as const;
    for (const days of [20, 24, 29, 30]) {
      await sweepAll(admin.at + days * day);
    }
    expect([mailsOf(ada) - before[0], mailsOf(bob) - before[1]]).toEqual([0, 2]);
  });

  it('R97 a courier that was down sends no overdue reminder, and never two at once', async () => {
    const { admin, people } = await anAccount(1);
    const bob = people[0] as Person;
    const requiredFrom = new Date(admin.at + day + 30 * day).toISOString();
    await changePolicy(deployment, admin, { mode: 'required', requiredFrom });
    await sweepAll(admin.at);
    const reminders = () => subjects(bob, 'is required in');
    await sweepAll(admin.at + 29 * day + minute);
    expect(reminders()).toBe(1);
    expect(deployment.mails(bob.email)[0]?.subject).toMatch(/in 1 day$/);
    await sweepAll(admin.at + 31 * day);
    expect(reminders()).toBe(1);
  });

  it('R97 reminders that mail was down for are not sent when it is back', async () => {
    const { admin, people } = await anAccount(1);
    const bob = people[0] as Person;
    const requiredFrom = new Date(admin.at + day + 30 * day).toISOString();
    await changePolicy(deployment, admin, { mode: 'required', requiredFrom });
    await sweepAll(admin.at);
    deployment.mailbox.fault({ operation: 'SendEmail', kind: 'fail', times: Number.POSITIVE_INFINITY });
    await sweepAll(admin.at + 23 * day + minute);
    await sweepAll(admin.at + 29 * day + minute);
    deployment.mailbox.clearFaults();
    await sweepAll(admin.at + 29 * day + 60 * minute);
    expect(deployment.mails(bob.email).map(({ subject }) => subject)).toEqual([
      expect.stringMatching(/in 1 day$/),
      expect.stringContaining('will require'),
    ]);
    await sweepAll(admin.at + 40 * day);
    expect(subjects(bob, 'is required in')).toBe(1);
  });

  it('R37 turning it off again ends what is under way', async () => {
    const { admin, people } = await anAccount(1);
    const requiredFrom = new Date(admin.at + 40 * day).toISOString();
    await changePolicy(deployment, admin, { mode: 'required', requiredFrom });
    await sweepAll(admin.at);
    await changePolicy(deployment, admin, { mode: 'optional' });
    await sweepAll(admin.at);
    const before = deployment.mails((people[0] as Person).email).length;
    await sweepAll(admin.at + 39 * day);
    expect(deployment.mails((people[0] as Person).email)).toHaveLength(before);
  });
});

describe('bounces', () => {
  const tag = (text: string) => [Buffer.from(text).toString('base64url')];
  const report = (person: Person, more: object = {}) => ({
    eventType: 'Bounce',
    mail: { tags: { account: tag(person.accountId), user: tag(person.id) } },
    bounce: { bounceType: 'Permanent', bouncedRecipients: [{ emailAddress: person.email.toUpperCase() }] },
    ...more,
  });
  const tell = async (message: unknown, at = Date.now()) => {
    const { handler } = await import('../../lambdas/flows/record-bounces.ts');
    const Sns = { MessageId: 'm', Timestamp: new Date(at).toISOString(), Message: JSON.stringify(message) };
    await handler({ Records: [{ Sns }] } as never);
  };
  const offered = async (person: Person) =>
    (await person.signIn()).body.methods?.map(({ method }: { method: string }) => method);
  const listed = async (admin: Person) => {
    const bearer = await admin.token({ role: 'admin' });
    return (await admin.call('list-users', { bearer })).body.data;
  };

  it('S61 an address that bounces is no longer offered to somebody with another method; admins see it', async () => {
    const { admin, people } = await anAccount(1);
    const ada = people[0] as Person;
    await ada.enrol();
    await ada.turnOnEmail(ada.totpProof());
    expect(await offered(ada.later(30_000))).toEqual(['totp', 'email', 'recovery_code']);
    await tell(report(ada));
    expect(await offered(ada)).toEqual(['totp', 'recovery_code']);
    expect(await listed(admin)).toContainEqual(expect.objectContaining({ id: ada.id, mailBounced: true }));
  });

  it('somebody who has no other way keeps it', async () => {
    const { people } = await anAccount(1);
    const ada = people[0] as Person;
    await ada.turnOnEmail();
    await tell(report(ada));
    expect(await offered(ada)).toContain('email');
  });

  it('codes that move to another address end the mark, and another address in the profile does not', async () => {
    const { people } = await anAccount(1);
    const ada = people[0] as Person;
    await ada.enrol();
    await ada.turnOnEmail(ada.totpProof());
    await tell(report(ada));
    const same = await ada.signIn({ user: { email: `new-${ada.email}` } });
    expect(same.body.methods.map(({ method }: { method: string }) => method)).not.toContain('email');
    const email = `new-${ada.email}`;
    await ada.call('sync-user', { path: ada.ref, body: { email, moveCodes: true } });
    const moved = await ada.signIn({ user: { email } });
    expect(moved.body.methods.map(({ method }: { method: string }) => method)).toContain('email');
  });

  it.each([
    ['a bounce that may pass', { bounce: { bounceType: 'Transient', bouncedRecipients: [] } }],
    [
      'an address that is no longer theirs',
      { bounce: { bounceType: 'Permanent', bouncedRecipients: [{ emailAddress: 'old@example.com' }] } },
    ],
    ['no report at all', { mail: {} }],
  ])('%s changes nothing', async (_name, more) => {
    const { admin, people } = await anAccount(1);
    const ada = people[0] as Person;
    await tell(report(ada, more));
    expect(await listed(admin)).not.toContainEqual(expect.objectContaining({ mailBounced: true }));
  });

  it('S64 many bounces stop a notice to all users, until the operator lets it go on', async () => {
    const { admin, people } = await anAccount(25);
    await settings(admin, { noticesPaused: false });
    await changePolicy(deployment, admin, { mode: 'required' });
    await settings(admin, { noticesPaused: true });
    await sweepAll(admin.at);
    expect(people.map((person) => subjects(person, required))).toEqual(Array(25).fill(0));
    await admin.call('set-account', { path: { accountId: admin.accountId }, body: { noticesPaused: false } });
    for (const person of people.slice(0, 20)) {
      await tell(report(person), admin.at);
    }
    await sweepAll(admin.at);
    expect(people.map((person) => subjects(person, required))).toEqual(Array(25).fill(0));
    await admin.call('set-account', { path: { accountId: admin.accountId }, body: { noticesPaused: false } });
    await sweepAll(admin.at);
    expect(people.map((person) => subjects(person, required))).toEqual(Array(25).fill(1));
  });
});
