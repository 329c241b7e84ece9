/** R1 to R14 and R70 to R73: turning two-factor on. */
import { type Check, equal, holds, refused } from './check.ts';

export const enrolmentChecks: Check[] = [
  {
    rows: ['R1'],
    what: 'two-factor is off until a person turns it on',
    run: async (world) => {
      const person = world.person();
      const started = await person.signIn();
      equal(started.status, 'passed', 'a newcomer');
      equal((await person.own.getTwoFactor()).status, 'disabled', 'the state before');
      await person.enrol();
      equal((await person.own.getTwoFactor()).status, 'enabled', 'the state after');
    },
  },
  {
    rows: ['R2', 'R3', 'R4'],
    what: 'a QR code, a secret to type, and the codes of another program',
    run: async (world) => {
      const person = world.person();
      await person.signIn();
      const started = await person.own.startAuthenticator();
      const uri = new URL(started.otpauthUri);
      equal(uri.protocol + uri.host, 'otpauth:totp', 'the URI');
      equal(uri.searchParams.get('secret'), started.secret, 'the secret in the URI');
      holds(decodeURIComponent(uri.pathname).includes(person.email), 'the URI does not name the person');
      holds(started.qrSvg.startsWith('<svg'), 'there is no QR code');
      person.secret = started.secret;
      await person.own.confirmAuthenticator(started.authenticatorId, { code: await person.nextCode() });
    },
  },
  {
    rows: ['R5', 'R14'],
    what: 'without a right code nothing changes',
    run: async (world) => {
      const person = world.person();
      await person.signIn();
      const started = await person.own.startAuthenticator();
      person.secret = started.secret;
      const wrong = person.codeAt(5000);
      await refused(
        person.own.confirmAuthenticator(started.authenticatorId, { code: wrong }),
        'code_incorrect',
      );
      equal((await person.signIn()).status, 'passed', 'the next sign-in');
    },
  },
  {
    rows: ['R6', 'R7'],
    what: 'ten recovery codes, shown once',
    run: async (world) => {
      const person = await world.person().enrol();
      equal(new Set(person.recoveryCodes).size, 10, 'the number of codes');
      const state = JSON.stringify(await person.own.getTwoFactor());
      holds(!person.recoveryCodes.some((code) => state.includes(code)), 'a code is shown again');
    },
  },
  {
    rows: ['R11'],
    what: 'a mail says that two-factor is on',
    needs: 'mailbox',
    run: async (world) => {
      const person = await world.person().enrol();
      await world.mailTo(person.email, /is on/);
    },
  },
  {
    rows: ['R13', 'R16'],
    what: 'the authenticator is the default among the methods',
    run: async (world) => {
      const { methods } = await (await world.person().enrol()).challenge();
      equal(
        methods.filter((one) => one.default).map(({ method }) => method),
        ['totp'],
        'the default',
      );
      holds(
        methods.some(({ method }) => method === 'recovery_code'),
        'recovery codes are not offered',
      );
    },
  },
  {
    rows: ['R70', 'R71'],
    what: 'a second authenticator that is never confirmed replaces nothing',
    run: async (world) => {
      const person = await world.person().enrol();
      await person.own.startAuthenticator({ label: 'Second', proof: await person.proof() });
      const { challengeToken } = await person.challenge();
      equal(
        (await person.verify(challengeToken, 'totp', await person.nextCode())).status,
        'passed',
        'the first one',
      );
    },
  },
  {
    rows: ['R72', 'R73'],
    what: 'the code that confirmed the enrolment does not sign in, and the answer says why',
    run: async (world) => {
      const person = world.person();
      await person.signIn();
      const { secret, authenticatorId } = await person.own.startAuthenticator();
      person.secret = secret;
      const code = await person.nextCode();
      await person.own.confirmAuthenticator(authenticatorId, { code });
      const { challengeToken } = await person.challenge();
      await refused(person.verify(challengeToken, 'totp', code), 'code_already_used');
    },
  },
];
