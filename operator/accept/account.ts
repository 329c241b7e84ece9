/** R34 to R62, R78, R80, R89, R93, R94, R97, R100: policies, admins, support, the trail. */
import { type Check, equal, holds, refused } from './check.ts';
import type { World } from './world.ts';

/** A second person of the account, whom the app has made an admin. */
async function adminBeside(world: World, accountId: string) {
  const admin = world.person(accountId);
  await world.target.api.syncUser({ accountId, userId: admin.id, email: admin.email, isAdmin: true });
  return admin;
}

const reason = 'acceptance suite';

export const accountChecks: Check[] = [
  {
    rows: ['R35', 'R36', 'R62', 'R94'],
    what: 'where two-factor is required, nobody gets a token without it',
    run: async (world) => {
      const person = world.person();
      await world.setPolicy(person.accountId, { mode: 'required' });
      const started = await person.signIn();
      holds(started.status !== 'passed', 'a newcomer passed');
    },
  },
  {
    rows: ['R34', 'R38'],
    what: 'nobody turns off what the account requires',
    run: async (world) => {
      const person = await world.person().enrol();
      await world.setPolicy(person.accountId, { mode: 'required' });
      equal((await person.own.getTwoFactor()).canDisable, false, 'whether it can be turned off');
      await refused(person.own.disableTwoFactor({ proof: await person.proof() }), 'policy_forbids_disable');
    },
  },
  {
    rows: ['R37'],
    what: 'optional again, people without it pass',
    run: async (world) => {
      const person = world.person();
      await world.setPolicy(person.accountId, { mode: 'required' });
      await world.setPolicy(person.accountId, { mode: 'optional' });
      equal((await person.signIn()).status, 'passed', 'the sign-in');
    },
  },
  {
    rows: ['R39', 'R40'],
    what: 'only an admin sees the policy, and a policy without methods is refused',
    run: async (world) => {
      const person = world.person();
      await person.signIn();
      await refused(person.own.getPolicy(), 'forbidden');
      await refused(
        world.target.api.setPolicy({ accountId: person.accountId, policy: { methods: [] } }),
        'request_invalid',
      );
    },
  },
  {
    rows: ['R41'],
    what: 'a method that the policy does not allow cannot be enrolled',
    run: async (world) => {
      const person = world.person();
      await world.setPolicy(person.accountId, { methods: ['email'] });
      await person.signIn();
      await refused(person.own.startAuthenticator(), 'method_not_allowed');
    },
  },
  {
    rows: ['R42', 'R44', 'R78'],
    what: "an admin's change says whom it touches, and waits for a mailed code",
    needs: 'mailbox',
    run: async (world) => {
      const person = world.person();
      await person.signIn();
      const admin = await adminBeside(world, person.accountId);
      const desk = world.as(admin, 'admin');
      const proposed = await desk.proposePolicy({ policy: { mode: 'required' } });
      holds(proposed.impact.notEnrolled >= 1, 'the impact names nobody');
      equal((await desk.getPolicy()).policy.mode, 'optional', 'the policy before the code');
    },
  },
  {
    rows: ['R47', 'R48'],
    what: 'without the policy no device is remembered',
    run: async (world) => {
      const person = await world.person().enrol();
      const { rememberDevice, challengeToken } = await person.challenge({ deviceToken: 'forged' });
      equal(rememberDevice.allowed, false, 'whether a device may be remembered');
      const code = await person.nextCode();
      const passed = await person.own.verifyChallenge({
        challengeToken,
        method: 'totp',
        code,
        rememberDevice: true,
      });
      holds(!('deviceToken' in passed && passed.deviceToken), 'a device was remembered');
    },
  },
  {
    rows: ['R49'],
    what: "the admin's list has exactly those who are enrolled",
    run: async (world) => {
      const person = await world.person().enrol();
      const admin = await adminBeside(world, person.accountId);
      const { data } = await world.as(admin, 'admin').listUsers({ status: 'enabled' });
      equal(
        data.map(({ email }) => email),
        [person.email],
        'the list',
      );
    },
  },
  {
    rows: ['R50', 'R51', 'R53', 'R80'],
    what: 'after a reset with a reason the old authenticator fails and the mailbox comes first',
    run: async (world) => {
      const person = await world.person().enrol();
      const desk = world.as(await adminBeside(world, person.accountId), 'admin');
      await desk.resetTwoFactor(person.id, { reason });
      const started = await person.signIn();
      equal(started.status, 'enrollment_required', 'the next sign-in');
      holds('bootstrap' in started && started.bootstrap !== null, 'the mailbox is not asked for');
    },
  },
  {
    rows: ['R52'],
    what: "another account's admin finds nobody",
    run: async (world) => {
      const person = await world.person().enrol();
      const stranger = await adminBeside(world, world.account());
      await refused(world.as(stranger, 'admin').resetTwoFactor(person.id, { reason }), 'not_found');
    },
  },
  {
    rows: ['R61'],
    what: 'an exemption lets somebody pass until it ends',
    run: async (world) => {
      const person = await world.person().enrol();
      const desk = world.as(await adminBeside(world, person.accountId), 'admin');
      await desk.exemptUser(person.id, { reason, until: new Date(world.now() + 3_600_000).toISOString() });
      const started = await person.signIn();
      equal('secondFactor' in started && started.secondFactor, 'exempt', 'the sign-in');
      await desk.exemptUser(person.id, { reason, until: null });
      await person.challenge();
    },
  },
  {
    rows: ['R89'],
    what: 'a temporary code passes once',
    run: async (world) => {
      const person = await world.person().enrol();
      const desk = world.as(await adminBeside(world, person.accountId), 'admin');
      const { code } = await desk.createTemporaryCode(person.id, { reason, validMinutes: 15 });
      const { challengeToken } = await person.challenge();
      const own = person.own;
      await own.verifyChallenge({ challengeToken, method: 'temporary_code', code });
      const again = await person.challenge();
      await refused(
        own.verifyChallenge({ challengeToken: again.challengeToken, method: 'temporary_code', code }),
        'code_incorrect',
        'method_not_allowed',
      );
    },
  },
  {
    rows: ['R97'],
    what: 'in a grace period a sign-in says until when',
    run: async (world) => {
      const person = world.person();
      const requiredFrom = new Date(world.now() + 7 * 86_400_000).toISOString();
      await world.setPolicy(person.accountId, { mode: 'required', requiredFrom });
      const started = await person.signIn();
      equal(started.status, 'passed', 'the sign-in');
      equal(Date.parse(started.requiredFrom ?? ''), Date.parse(requiredFrom), 'the beginning');
    },
  },
  {
    rows: ['R100'],
    what: "a person's data is read out without secrets, and erased",
    run: async (world) => {
      const person = await world.person().enrol();
      const who = { accountId: person.accountId, userId: person.id };
      const held = JSON.stringify(await world.target.api.getUser(who));
      holds(
        held.includes(person.email) && !held.includes(person.secret),
        'the answer lacks the address or has the secret',
      );
      await world.target.api.eraseUser(who);
      await refused(world.target.api.getUser(who), 'not_found');
    },
  },
];
