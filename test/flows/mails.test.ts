import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { minute, Person } from '../support/person.ts';

const deployment = await deploy();

const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';
const newest = (person: Person) => deployment.mails(person.email)[0];
const profileOf = (person: Person) => ({
  path: { accountId: person.accountId, userId: person.id },
  body: { email: person.email },
});

describe('mails to a user whose language and zone are known', () => {
  it('R84 R77 notices are in the language, with the time of both clocks and the device by its name', async () => {
    const ada = new Person(deployment);
    await ada.signIn({ user: { locale: 'de-CH', timeZone: 'Asia/Kolkata' } });
    const started = await ada.start();
    ada.secret = started.body.secret;
    await ada.confirm(started.body.authenticatorId, ada.code(), { userAgent: firefox });
    await ada.deliver();
    const mail = newest(ada);
    expect(mail?.subject).toBe('Acme: Zwei-Faktor-Authentifizierung ist eingeschaltet');
    const timeIn = (timeZone: string) =>
      new Date(ada.at).toLocaleTimeString('de-CH', { timeZone, hour: '2-digit', minute: '2-digit' });
    expect(mail?.text).toMatch(new RegExp(`^Zeitpunkt: .* ${timeIn('UTC')} UTC$`, 'm'));
    expect(mail?.text).toMatch(
      new RegExp(`^Ihre Ortszeit: .* ${timeIn('Asia/Kolkata')} \\(Asia/Kolkata\\)$`, 'm'),
    );
    expect(mail?.text).toContain('Gerät: Firefox unter Windows');
    expect(mail?.text).toContain(`Konto: ${ada.email}`);
  });

  it('R84 so are codes, which say how long they work', async () => {
    const ada = await new Person(deployment).enrol();
    await ada.turnOnEmail(ada.totpProof());
    ada.later(2 * minute);
    await ada.call('sync-user', { ...profileOf(ada), body: { email: ada.email, locale: 'fr' } });
    const challengeToken = await ada.challengeToken();
    await ada.later(7 * minute).call('send-code', { body: { challengeToken, method: 'email' } });
    expect(newest(ada)?.subject).toMatch(/^Acme\s: Votre code de connexion$/);
    expect(newest(ada)?.text).toMatch(/pendant 3.minutes/);
    expect(newest(ada)?.html).toContain('<html lang="fr">');
  });

  it('R84 each admin is told of a new policy in their own language', async () => {
    const ada = await new Person(deployment).enrol();
    const bob = new Person(deployment, { accountId: ada.accountId, at: ada.at });
    const members = { [ada.id]: 'es-MX', [bob.id]: 'pt-BR' };
    for (const person of [ada, bob]) {
      const body = { email: person.email, isAdmin: true, locale: members[person.id] };
      await person.call('sync-user', { ...profileOf(person), body });
    }
    await ada.deliver();
    const bearer = await ada.token({ role: 'admin' });
    const proposed = await ada.call('propose-policy', {
      bearer,
      body: { policy: { methods: ['totp'] }, proof: ada.totpProof() },
    });
    expect(newest(ada)?.subject).toBe('Acme: Confirme el cambio de la política de doble factor');
    const confirmed = await ada.call('confirm-policy', {
      bearer,
      path: { id: proposed.body.changeId },
      body: { code: ada.mailedCode() },
    });
    expect(confirmed.status).toBe(200);
    await ada.deliver();
    expect(newest(ada)?.subject).toBe('Acme: Se ha cambiado la política de doble factor');
    expect(newest(ada)?.text).toContain('Métodos permitidos: aplicación de autenticación');
    expect(newest(bob)?.subject).toBe('Acme: The two-factor policy was changed');
  });

  it("R77 they carry the account's own name and contact", async () => {
    const ada = new Person(deployment);
    const body = { issuer: 'Wile E.', supportContact: '+1 555 0100' };
    await ada.call('set-account', { path: { accountId: ada.accountId }, body });
    await ada.enrol();
    await ada.deliver();
    expect(newest(ada)?.subject).toBe('Wile E.: Two-factor authentication is on');
    expect(newest(ada)?.text).toContain('Questions? Contact +1 555 0100');
  });
});

describe("a user's time zone", () => {
  it('is kept and answered, one at a time and many', async () => {
    const ada = new Person(deployment);
    const { path } = profileOf(ada);
    const body = { email: ada.email, timeZone: 'America/Argentina/Buenos_Aires' };
    expect((await ada.call('sync-user', { path, body })).body).toMatchObject(body);
    const users = [{ id: ada.id, email: ada.email, timeZone: 'UTC' }];
    const synced = await ada.call('sync-users', { path: { accountId: ada.accountId }, body: { users } });
    expect(synced.body.results).toEqual([{ id: ada.id, status: 'updated' }]);
    expect((await ada.call('get-user', { path })).body.timeZone).toBe('UTC');
  });

  it.each(['Mars/Olympus', '+01:00', '', 'Europe/Zurich\r\n', '../etc/passwd', 'x'.repeat(65)])(
    'that is none is refused in a profile, and stops no sign-in: %j',
    async (timeZone) => {
      const ada = new Person(deployment);
      const { path } = profileOf(ada);
      const reply = await ada.call('sync-user', { path, body: { email: ada.email, timeZone } });
      expect([reply.status, reply.body.code]).toEqual([400, 'request_invalid']);
      const challenge = await ada.signIn({ user: { timeZone } });
      expect(challenge.status).toBe(201);
      expect(challenge.body.warnings).toEqual([{ pointer: '/user/timeZone', detail: expect.any(String) }]);
    },
  );
});
