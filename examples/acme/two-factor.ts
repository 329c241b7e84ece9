/** Acme's whole integration with Countersign: four calls around its own sign-in. */
import { Countersign, CountersignError, type Started } from 'countersign';
import type { Config } from './config.ts';
import type { Person, Role } from './people/people.ts';
import type { FirstFactor, Pending, Session } from './people/sessions.ts';

/** What a person may do on Countersign's pages, by their role in Acme. */
const pageRoles = { manager: 'admin', support: 'support', member: 'user' } as const satisfies Record<Role, string>;
type Browser = { ip: string; userAgent: string };

export type TwoFactor = ReturnType<typeof twoFactor>;

export function twoFactor({ countersignUrl: url, audience }: Config) {
  const countersign = new Countersign({ url, audience });
  const of = ({ accountId, id }: Person) => ({ accountId, userId: id });
  const profile = ({ email, emailVerified, name }: Person) => ({ email, emailVerified, displayName: name });
  return {
    /** The first factor was right: `passed`, or what the prompt goes on with. */
    start: (person: Person, about: { firstFactor: FirstFactor | { method: 'api_key' }; deviceToken?: string | undefined; client: Browser; locale?: string }): Promise<Started> =>
      countersign.start({ accountId: person.accountId, user: { id: person.id, ...profile(person), locale: about.locale }, ...about }),
    /** The browser came back with a token: throws unless it completes the sign-in that is pending. */
    finish: (person: Person, { challengeId }: Pending, token: unknown) => countersign.finish(token, { ...of(person), challengeId }),
    /** A token for Countersign's parts of a settings page. */
    pageToken: (person: Person, session: Session, page: 'own' | 'account', client: Browser) =>
      countersign.userToken({ ...of(person), role: page === 'own' ? 'user' : pageRoles[person.role], client, resultToken: session.resultToken, reauthenticatedAt: session.reauthenticatedAt }),
    passwordChanged: (person: Person) => countersign.passwordChanged(of(person)),
    /** A new or changed member. */
    sync: (person: Person) => countersign.syncUser({ ...of(person), ...profile(person), isAdmin: person.role === 'manager' }),
  };
}

export const isOutOfReach = (error: unknown) => error instanceof CountersignError && error.status === 503;
