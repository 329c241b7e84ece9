/**
 * Whose address an event names. Two ways to build it in: the browser calls Countersign itself, or the app's back end passes
 * the browser's calls on.
 */
import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { Person } from '../support/person.ts';
import { setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0';
const person = { ip: '203.0.113.9', userAgent: firefox };
const backEnd = { ip: '198.51.100.4', userAgent: 'node' };

/** Signs in by a recovery code; answers with the event and the lines of its mail. */
async function recoveredBy(client: object | undefined, connection: { ip: string; userAgent: string }) {
  const ada = await new Person(deployment).enrol();
  await ada.deliver();
  deployment.mailbox.clear();
  const { body } = await ada.signIn(client ? { client } : {});
  const passed = await ada.verify(body.challengeToken, 'recovery_code', ada.recoveryCodes[0], connection);
  expect(passed.status).toBe(200);
  const event = (await userItem(deployment, ada.ref))?.outbox.find(
    ({ type }) => type === 'recovery_code_used',
  );
  await ada.deliver();
  const [mail] = deployment.mails(ada.email);
  const lines = (mail?.text ?? '').split('\n').filter((line) => /^(IP|Device)/.test(line));
  return { event, lines };
}

describe('R95 a browser that calls directly', () => {
  it('is named once, as the app and the connection say the same', async () => {
    const { event, lines } = await recoveredBy(person, person);
    expect(event).toMatchObject(person);
    expect(event?.detail).not.toHaveProperty('viaIp');
    expect(lines).toEqual(['IP address: 203.0.113.9', 'Device: Firefox on Linux']);
  });

  it('is named by its connection where the app said nothing', async () => {
    const { event } = await recoveredBy(undefined, person);
    expect(event).toMatchObject(person);
  });

  it('from elsewhere than the app saw is named with both', async () => {
    const { event, lines } = await recoveredBy(person, { ip: '192.0.2.66', userAgent: firefox });
    expect(event).toMatchObject({ ...person, detail: { viaIp: '192.0.2.66' } });
    expect(lines[0]).toBe('IP address: 203.0.113.9 (via 192.0.2.66)');
  });
});

describe('R95 a back end that passes the calls on', () => {
  it('needs nothing but client at the start: the person is named, and the connection beside them', async () => {
    const { event, lines } = await recoveredBy(person, backEnd);
    expect(event).toMatchObject({ ...person, detail: { viaIp: backEnd.ip, viaUserAgent: 'node' } });
    expect(lines).toEqual([
      'IP address: 203.0.113.9 (via 198.51.100.4)',
      'Device: Firefox on Linux (via node)',
    ]);
  });

  it('with half a client is believed for that half', async () => {
    const { event } = await recoveredBy({ ip: person.ip, userAgent: 7 }, backEnd);
    expect(event).toMatchObject({ ip: person.ip, userAgent: 'node', detail: { viaIp: backEnd.ip } });
  });

  it('names the person in the settings by the client of the user token', async () => {
    const ada = await new Person(deployment).enrol();
    const reauthenticatedAt = new Date(ada.at).toISOString();
    const body = {
      accountId: ada.accountId,
      userId: ada.id,
      role: 'user',
      reauthenticatedAt,
      client: person,
    };
    const bearer = (await ada.call('mint-user-token', { body })).body.token;
    const proof = ada.totpProof();
    await ada.call('regenerate-recovery-codes', { bearer, body: { proof }, ...backEnd });
    const event = (await userItem(deployment, ada.ref))?.outbox.at(-1);
    expect(event).toMatchObject({
      type: 'recovery_codes_regenerated',
      ...person,
      detail: { viaIp: backEnd.ip },
    });
  });

  it("lists a trusted device by the person's agent", async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, { rememberDevice: { allowed: true, days: 30 } });
    await ada.enrol();
    const { challengeToken } = (await ada.signIn({ client: person })).body;
    const body = { challengeToken, method: 'totp', code: ada.code(), rememberDevice: true };
    expect((await ada.call('verify-challenge', { body, ...backEnd })).body.deviceToken).toBeDefined();
    const { data } = (await ada.own('list-trusted-devices')).body;
    expect(data[0].label).toContain('Firefox on Linux');
  });

  it('cannot be made by the browser: a client in its own call is an unknown field', async () => {
    const ada = await new Person(deployment).enrol();
    const body = {
      challengeToken: await ada.challengeToken(),
      method: 'totp',
      code: ada.code(),
      client: person,
    };
    const reply = await ada.call('verify-challenge', { body, headers: { 'x-forwarded-for': '192.0.2.1' } });
    expect([reply.status, reply.body.code]).toEqual([400, 'request_invalid']);
  });
});
