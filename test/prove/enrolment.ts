/** Enrolling with nothing in the way: after a reset inside a sign-in, else in the settings, email first and then an app. */
import { totpAt } from '../support/deployment.ts';
import type { Op } from './model.ts';
import type { Person } from './person.ts';
import type { Service } from './service.ts';

type Headers = { authorization: string };
type Told = Pick<Op, 'spends' | 'change'>;
type Enrolment = { recoveryCodes: string[]; spent: number[]; told: Told[] };

/** What must be on record afterwards, whatever the authenticator is called. */
const added: Told = { change: { to: 'app_added', app: '', step: 0, batch: '' } };

/** The new recovery codes, and those that enrolling has spent. Undefined where it did not come to an end. */
export async function enrolment(
  service: Service,
  person: Person,
  nowMs: number,
): Promise<Enrolment | undefined> {
  const { body: started } = await person.startSignIn();
  if (started?.status === 'enrollment_required' && started.bootstrap) {
    return afterReset(service, person, started.challengeToken);
  }
  const headers = await person.bearer(nowMs);
  if (!headers) {
    return undefined;
  }
  const own = (path: string, body: object) => service.asBrowser(`/v1/me/${path}`, { body, headers });
  await own('methods/email', {});
  const confirmed = await own('methods/email/confirm', { code: await person.mailedCode() });
  const recoveryCodes: string[] | undefined = confirmed.body?.recoveryCodes;
  if (!recoveryCodes) {
    // Too many mails in an hour: the app alone, then.
    const first = await addApp(service, person, { headers });
    return first && { recoveryCodes: first, spent: [], told: [added] };
  }
  const last = recoveryCodes.length - 1;
  const proof = { method: 'recovery_code', code: recoveryCodes[last] };
  const app = await addApp(service, person, { headers, proof });
  const spends = { method: 'recovery_code', batch: '', index: last } as const;
  return app && { recoveryCodes, spent: [last], told: [added, { ...added, spends }] };
}

async function afterReset(
  service: Service,
  person: Person,
  challengeToken: string,
): Promise<Enrolment | undefined> {
  await service.asBrowser('/v1/challenges/send', { body: { challengeToken, method: 'email' } });
  const body = { challengeToken, method: 'email', code: await person.mailedCode() };
  const proven = await service.asBrowser('/v1/challenges/verify', { body });
  const enrolling = proven.body?.challengeToken;
  const headers = { authorization: `Bearer ${enrolling}` };
  const recoveryCodes = enrolling && (await addApp(service, person, { headers }));
  return recoveryCodes && { recoveryCodes, spent: [], told: [added] };
}

/** The recovery codes that came with it, none where there were some; undefined where it was not confirmed. */
async function addApp(
  service: Service,
  person: Person,
  { headers, proof }: { headers: Headers; proof?: object },
): Promise<string[] | undefined> {
  const started = await service.asBrowser('/v1/me/authenticators', { body: proof ? { proof } : {}, headers });
  if (started.status !== 201) {
    return undefined;
  }
  const { authenticatorId, secret } = started.body;
  const body = { code: totpAt(secret, await service.nowMs()) };
  const path = `/v1/me/authenticators/${authenticatorId}/confirm`;
  const confirmed = await service.asBrowser(path, { body, headers });
  person.secrets.set(authenticatorId, secret);
  return confirmed.status === 200 ? (confirmed.body.recoveryCodes ?? []) : undefined;
}
