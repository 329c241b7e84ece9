/**
 * Codes by mail. The attacker has the password. They count on biased codes, flood the mailbox, redirect the mail, use a
 * resend to win more tries, and use codes twice.
 */
import { describe, expect, it } from 'vitest';
import { fresh } from '../../lambdas/edge/run/decide.ts';
import { codeIn, deploy } from '../support/deployment.ts';
import { countOf, mailedTo, nextTo } from '../support/guesses.ts';
import { day, minute, Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);

const withEmail = async () => {
  const person = new Person(deployment);
  await person.signIn();
  await person.turnOnEmail();
  deployment.mailbox.clear();
  return person.later(day);
};
const send = (person: Person, challengeToken: string, more: object = {}) =>
  person.call('send-code', { body: { challengeToken, method: 'email', ...more } });

describe('the codes', () => {
  it('S30 are six digits, uniform over 100,000 draws, in every place', () => {
    const draws = 100_000;
    const counts = Array.from({ length: 6 }, () => new Array<number>(10).fill(0));
    const codes = new Set<string>();
    for (let draw = 0; draw < draws; draw += 1) {
      const code = fresh.sixDigits();
      expect(code).toMatch(/^[0-9]{6}$/);
      codes.add(code);
      [...code].forEach((digit, place) => {
        (counts[place] as number[])[Number(digit)] = (counts[place]?.[Number(digit)] ?? 0) + 1;
      });
    }
    for (const place of counts) {
      const chiSquare = place.reduce((sum, count) => sum + (count - draws / 10) ** 2 / (draws / 10), 0);
      // 9 degrees of freedom: above 40 happens once in 100,000 runs.
      expect(chiSquare).toBeLessThan(40);
    }
    // 100,000 draws of a million hit about 95,163 distinct ones.
    expect(codes.size).toBeGreaterThan(94_500);
    expect(codes.size).toBeLessThan(95_800);
  });

  it('S30 pass once, and a second use is refused in parallel too', async () => {
    const ada = await withEmail();
    const challenge = await ada.challengeToken();
    const code = await mailedTo(deployment, ada, challenge);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ada.verify(challenge, 'email', code)));
    expect(countOf(answers, ({ status }) => status === 200)).toBe(1);
    expect((await ada.verify(challenge, 'email', code)).body.code).toBe('challenge_used');
  });

  it('S30 are dead after 10 minutes, to the millisecond, although they are still stored', async () => {
    const disableAfter = async (ms: number) => {
      const ada = await withEmail();
      await ada.own('mail-proof-code', { body: { method: 'email' } });
      const proof = { method: 'email', code: ada.mailedCode() };
      ada.later(ms);
      expect((await table.user(ada.ref)).proofs.codes).toHaveLength(1);
      return ada.own('disable-two-factor', { body: { proof } });
    };
    expect((await disableAfter(10 * minute - 1)).status).toBe(200);
    const late = await disableAfter(10 * minute);
    expect([late.status, late.body.code]).toEqual([422, 'code_incorrect']);
  });

  it('S30 an earlier code dies at its own 10 minutes while the one sent after it lives', async () => {
    const ada = await withEmail();
    await ada.own('mail-proof-code', { body: { method: 'email' } });
    const early = ada.mailedCode();
    await ada.later(2 * minute).own('mail-proof-code', { body: { method: 'email' } });
    const late = ada.mailedCode();
    ada.later(8 * minute);
    const answers = [];
    for (const code of [early, late]) {
      const reply = await ada.own('disable-two-factor', { body: { proof: { method: 'email', code } } });
      answers.push(reply.status);
    }
    expect(answers).toEqual([422, 200]);
  });
});

describe('sending them', () => {
  it('S31 twenty resends at once: one message', async () => {
    const ada = await withEmail();
    const challenge = await ada.challengeToken();
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(ada, challenge)));
    expect(countOf(answers, ({ status }) => status === 202)).toBe(1);
    expect(deployment.mails(ada.email)).toHaveLength(1);
    expect((await table.user(ada.ref)).codesSentAtMs.filter((at: number) => at === ada.at)).toHaveLength(1);
  });

  it('S31 twenty at once over twenty challenges: within the cap of an hour', async () => {
    const ada = await withEmail();
    const challenges = await Promise.all(Array.from({ length: 20 }, () => ada.challengeToken()));
    const answers = await Promise.all(challenges.map((challenge) => send(ada, challenge)));
    expect(countOf(answers, ({ status }) => status === 202)).toBe(deployment.mails(ada.email).length);
    for (const challenge of challenges) {
      await send(ada, challenge);
    }
    expect(deployment.mails(ada.email)).toHaveLength(5);
  });

  it('S31 ten a day over everything that mails a code, whatever the challenge', async () => {
    const ada = await withEmail();
    for (let hour = 0; hour < 6; hour += 1) {
      for (let nth = 0; nth < 6; nth += 1) {
        await send(ada, await ada.challengeToken());
        await ada.own('mail-proof-code', { body: { method: 'email' } });
        ada.later(minute);
      }
      ada.later(60 * minute);
    }
    expect(deployment.mails(ada.email)).toHaveLength(10);
  });

  it.each([
    { to: 'thief@example.com' },
    { email: 'thief@example.com' },
    { sentTo: 'x' },
    { phone: '+41790000000' },
  ])('S31 the destination is the stored address, never %o of the request', async (more) => {
    const ada = await withEmail();
    const challenge = await ada.challengeToken();
    expect((await send(ada, challenge, more)).status).toBe(400);
    const sent = await send(ada, challenge);
    expect(sent.body.sentTo).toMatch(/^u\*\*\*@example\.com$/);
    expect(deployment.mailbox.messages().map(({ to }) => to)).toEqual([ada.email]);
  });

  it('S31 a resend wins no tries: five wrong codes and the challenge is dead, for sending too', async () => {
    const ada = await withEmail();
    const challenge = await ada.challengeToken();
    const code = await mailedTo(deployment, ada, challenge);
    for (let nth = 0; nth < 3; nth += 1) {
      expect((await ada.verify(challenge, 'email', nextTo(code))).status).toBe(422);
    }
    ada.later(minute);
    const resent = await mailedTo(deployment, ada, challenge);
    const wrong = [nextTo(resent), nextTo(nextTo(resent))].filter((one) => one !== code);
    for (const guess of wrong.slice(0, 2)) {
      await ada.verify(challenge, 'email', guess);
    }
    const right = await ada.verify(challenge, 'email', resent);
    expect([right.status, right.body.code]).toEqual([429, 'too_many_attempts']);
    ada.later(3 * minute);
    expect((await send(ada, challenge)).body.code).toBe('too_many_attempts');
  });

  it('S31 a mail that was not taken neither counts nor leaves a code behind that would pass', async () => {
    const ada = await withEmail();
    const challenge = await ada.challengeToken();
    deployment.mailbox.fault({ operation: 'SendEmail', kind: 'reject', times: 2 });
    expect((await send(ada, challenge)).body.code).toBe('delivery_unavailable');
    deployment.mailbox.clearFaults();
    const { codesSentAtMs, challenges } = await table.user(ada.ref);
    expect(codesSentAtMs.filter((at: number) => at === ada.at)).toEqual([]);
    expect(
      Object.values(challenges as Record<string, { codes: unknown[] }>).flatMap(({ codes }) => codes),
    ).toEqual([]);
    const code = codeIn((await send(ada, challenge).then(() => deployment.mails(ada.email)))[0]);
    expect((await ada.verify(challenge, 'email', code)).status).toBe(200);
  });
});
