/** R15 to R28 and R56 to R60: the second step, its codes and its exceptions. */
import { type Check, equal, holds, outcomes, refused } from './check.ts';

export const signInChecks: Check[] = [
  {
    rows: ['R15', 'R18', 'R56'],
    what: 'a right password alone gives no token, and every sign-in asks',
    run: async (world) => {
      const person = await world.person().enrol();
      for (let time = 0; time < 2; time += 1) {
        const started = await person.challenge();
        holds(!('token' in started), 'there is a token');
        await person.verify(started.challengeToken, 'totp', await person.nextCode());
      }
    },
  },
  {
    rows: ['R19'],
    what: 'the previous, the current and the next code pass; others do not',
    run: async (world) => {
      const person = await world.person().enrol();
      await person.middleOfStep();
      const { challengeToken } = await person.challenge();
      await refused(person.verify(challengeToken, 'totp', person.codeAt(-2)), 'code_incorrect');
      await refused(person.verify(challengeToken, 'totp', person.codeAt(2)), 'code_incorrect');
      equal(
        (await person.verify(challengeToken, 'totp', person.codeAt(1))).status,
        'passed',
        'the next code',
      );
    },
  },
  {
    rows: ['R20'],
    what: 'of 20 requests with one code at once, one passes; later none',
    run: async (world) => {
      const person = await world.person().enrol();
      const { challengeToken } = await person.challenge();
      const code = await person.nextCode();
      const tries = Array.from({ length: 20 }, () => person.verify(challengeToken, 'totp', code));
      equal((await outcomes(tries)).passed, 1, 'how many passed');
      const again = await person.challenge();
      await refused(person.verify(again.challengeToken, 'totp', code), 'code_already_used');
    },
  },
  {
    rows: ['R21'],
    what: 'a mailed code passes once',
    needs: 'mailbox',
    run: async (world) => {
      const person = world.person();
      await person.signIn();
      await person.own.startEmailMethod();
      const first = codeIn((await world.mailTo(person.email)).text);
      await person.own.confirmEmailMethod({ code: first });
      const { challengeToken } = await person.challenge();
      await refused(person.verify(challengeToken, 'email', first), 'code_incorrect', 'code_already_used');
    },
  },
  {
    rows: ['R26', 'R27'],
    what: 'a recovery code passes once, and the count goes down',
    run: async (world) => {
      const person = await world.person().enrol();
      const [code = '', spelt = ''] = person.recoveryCodes;
      const { challengeToken } = await person.challenge();
      const passed = await person.verify(challengeToken, 'recovery_code', code);
      equal('recoveryCodesRemaining' in passed && passed.recoveryCodesRemaining, 9, 'the codes left');
      const again = await person.challenge();
      await refused(person.verify(again.challengeToken, 'recovery_code', code), 'code_incorrect');
      const typed = ` ${spelt.toUpperCase().replaceAll('-', ' ')} `;
      equal(
        (await person.verify(again.challengeToken, 'recovery_code', typed)).status,
        'passed',
        'one typed in capitals',
      );
    },
  },
  {
    rows: ['R28'],
    what: 'new recovery codes end the old ones',
    run: async (world) => {
      const person = await world.person().enrol();
      const { recoveryCodes } = await person.own.regenerateRecoveryCodes({ proof: await person.proof() });
      equal(recoveryCodes.length, 10, 'the number of new codes');
      const { challengeToken } = await person.challenge();
      await refused(
        person.verify(challengeToken, 'recovery_code', person.recoveryCodes[0] as string),
        'code_incorrect',
      );
    },
  },
  {
    rows: ['R29', 'R30', 'R31', 'R33'],
    what: 'turning it off clears secret and codes; turning it on again makes new ones',
    run: async (world) => {
      const person = await world.person().enrol();
      const before = { secret: person.secret, code: person.recoveryCodes[0] as string };
      await refused(person.own.disableTwoFactor(), 'proof_required');
      await person.own.disableTwoFactor({ proof: await person.proof() });
      equal((await person.signIn()).status, 'passed', 'the next sign-in');
      await person.enrol();
      holds(person.secret !== before.secret, 'the secret is the same');
      const { challengeToken } = await person.challenge();
      await refused(person.verify(challengeToken, 'recovery_code', before.code), 'code_incorrect');
    },
  },
  {
    rows: ['R57', 'R58'],
    what: 'a federated sign-in passes where the policy says so; the password does not',
    run: async (world) => {
      const person = await world.person().enrol();
      const federated = await person.signIn({ firstFactor: { method: 'federated' } });
      equal('secondFactor' in federated && federated.secondFactor, 'none', 'the federated sign-in');
      await person.challenge();
    },
  },
  {
    rows: ['R59'],
    what: 'after a new password the second factor is asked for all the same',
    run: async (world) => {
      const person = await world.person().enrol();
      await world.target.api.passwordChanged({ accountId: person.accountId, userId: person.id });
      await person.challenge();
    },
  },
  {
    rows: ['R60'],
    what: 'an API key passes, and its token says so',
    run: async (world) => {
      const started = await (await world.person().enrol()).signIn({ firstFactor: { method: 'api_key' } });
      equal('secondFactor' in started && started.secondFactor, 'none', 'the API key');
    },
  },
  {
    rows: ['R74'],
    what: 'a lost answer is repeated with the same key, and nothing else is',
    run: async (world) => {
      const person = await world.person().enrol();
      const { challengeToken } = await person.challenge();
      const request = { challengeToken, method: 'totp' as const, code: await person.nextCode() };
      const first = await person.own.verifyChallenge(request, { idempotencyKey: 'accept-1' });
      const again = await person.own.verifyChallenge(request, { idempotencyKey: 'accept-1' });
      equal(again.status, first.status, 'the repeat');
      await refused(
        person.own.verifyChallenge(request, { idempotencyKey: 'accept-2' }),
        'challenge_used',
        'code_already_used',
      );
    },
  },
  {
    rows: ['R81'],
    what: 'five wrong codes end a challenge',
    run: async (world) => {
      const person = await world.person().enrol();
      const { challengeToken } = await person.challenge();
      for (let time = 0; time < 5; time += 1) {
        await refused(
          person.verify(challengeToken, 'totp', person.codeAt(5000 + time)),
          'code_incorrect',
          'too_many_attempts',
        );
      }
      await refused(
        person.verify(challengeToken, 'totp', await person.nextCode()),
        'too_many_attempts',
        'challenge_used',
      );
    },
  },
  {
    rows: ['R88'],
    what: 'a step-up asks although the person is signed in, and its token names the act',
    run: async (world) => {
      const person = await world.person().enrol();
      const action = { name: 'payout.create', details: { amount: '100 EUR' } };
      const { challengeToken } = await person.challenge({ firstFactor: { method: 'session' }, action });
      const passed = await person.verify(challengeToken, 'totp', await person.nextCode());
      const [, claims = ''] = ('token' in passed && passed.token ? passed.token : '').split('.');
      const { action: name } = JSON.parse(Buffer.from(claims, 'base64url').toString() || '{}');
      equal(name, action.name, 'the act in the token');
    },
  },
  {
    rows: ['R102'],
    what: 'codes are taken as people type them',
    run: async (world) => {
      const person = await world.person().enrol();
      const { challengeToken } = await person.challenge();
      const code = await person.nextCode();
      equal(
        (await person.verify(challengeToken, 'totp', `${code.slice(0, 3)} ${code.slice(3)}\n`)).status,
        'passed',
        'a code in two groups',
      );
    },
  },
];

function codeIn(text: string): string {
  const [code = ''] = /\b\d{6}\b/.exec(text) ?? [];
  holds(code !== '', 'there is no code in the mail');
  return code;
}
