/** All that Acme has to do with Countersign, besides the tags in its pages: its own sign-in calls these. */
import { type Action, Countersign, type TwoFactor as Status } from 'countersign';
import type { Config } from './config.ts';
import type { Person } from './people/people.ts';
import type { FirstFactor, Session } from './people/sessions.ts';

/** What a person may do on Countersign's parts of a page, by their role in Acme. */
const pageRoles = { manager: 'admin', support: 'support', member: 'user' } as const;
type Client = { ip: string; userAgent: string };

export type TwoFactor = ReturnType<typeof twoFactor>;

export function twoFactor({ countersignUrl: url, audience, timeoutMs }: Config, now: () => number) {
  const countersign = new Countersign({ url, audience, timeoutMs });
  const of = ({ accountId, id }: Person) => ({ accountId, userId: id });
  const profile = ({ email, name }: Person) => ({ email, displayName: name });

  type Sign = { firstFactor: FirstFactor; deviceToken?: string | undefined; client: Client; locale?: string };
  /** The act that a step-up confirms; none for a sign-in. */
  type Started = { challengeId: string; action?: Action };
  const start = (person: Person, { locale, ...signIn }: Sign & { action?: Action }) => {
    const user = { id: person.id, ...profile(person), ...(locale && { locale }) };
    return countersign.start({ accountId: person.accountId, user, ...signIn });
  };
  const finish = (person: Person, { challengeId, action }: Started, token: unknown) =>
    countersign.finish(token, { ...of(person), challengeId, action });

  const pageToken = async (
    person: Person,
    { reauthenticatedAtMs: atMs, result }: Session,
    page: 'own' | 'account',
  ) => {
    const role = page === 'own' ? 'user' : pageRoles[person.role];
    const fresh = atMs === undefined ? {} : { reauthenticatedAt: new Date(atMs) };
    const signedIn = result && result.expiresAtMs > now() ? { resultToken: result.token } : {};
    return (await countersign.userToken({ ...of(person), role, ...fresh, ...signedIn })).token;
  };
  const status = async (person: Person, session: Session) => {
    const userToken = await pageToken(person, session, 'own');
    const answer = await countersign.forward({ method: 'GET', path: '/v1/me/two-factor' }, { userToken });
    return answer.body as Status;
  };
  const sync = (person: Person) =>
    countersign.syncUser({ ...of(person), ...profile(person), isAdmin: person.role === 'manager' });
  const passwordChanged = (person: Person) => countersign.passwordChanged(of(person));

  return { start, finish, pageToken, status, sync, passwordChanged };
}
