/** The admin's and the supporter's desk: their calls, and a policy changed the way an admin changes it. */
import type { Flow } from '../../lambdas/routes.ts';
import { type CallOptions, codeIn, type Deployment, type Reply } from './deployment.ts';
import { day, Person } from './person.ts';

type Role = 'user' | 'admin' | 'support';
export type DeskOptions = CallOptions & { role?: Role; fresh?: boolean };

/** Somebody whom the app has made an admin of an account, their own unless told otherwise. */
export async function anAdmin(
  deployment: Deployment,
  who: ConstructorParameters<typeof Person>[1] = {},
): Promise<Person> {
  const admin = new Person(deployment, who);
  const path = { accountId: admin.accountId, userId: admin.id };
  await admin.call('sync-user', { path, body: { email: admin.email, isAdmin: true } });
  return admin;
}

/** A colleague in the same account and at the same time, known to Countersign. */
export async function colleagueOf(deployment: Deployment, of: Person): Promise<Person> {
  const colleague = new Person(deployment, { accountId: of.accountId, at: of.at });
  await known(colleague);
  return colleague;
}

/** Makes somebody known without a sign-in. */
export const known = (person: Person, more: object = {}): Promise<Reply> =>
  person.call('sync-user', {
    path: { accountId: person.accountId, userId: person.id },
    body: { email: person.email, ...more },
  });

/** A call from the desk, by default as an admin whose password was just checked. */
export async function atDesk(by: Person, flow: Flow, options: DeskOptions = {}): Promise<Reply> {
  const { role = 'admin', fresh = true, bearer, ...rest } = options;
  return by.call(flow, { bearer: bearer ?? (await by.token({ role, fresh })), ...rest });
}

/** Proposes, with the code of now as proof by an admin who has an authenticator. */
export const propose = (by: Person, policy: object, options: DeskOptions = {}): Promise<Reply> =>
  atDesk(by, 'propose-policy', { body: { policy, ...proofOf(by) }, ...options });

const proofOf = (by: Person) => (by.secret === '' ? {} : { proof: by.totpProof() });

export const confirm = (
  by: Person,
  changeId: string,
  code: string,
  options: DeskOptions = {},
): Promise<Reply> => atDesk(by, 'confirm-policy', { path: { id: changeId }, body: { code }, ...options });

/** Proposes and confirms; a day goes by first, so that no limit on codes is met. Answers with the confirmation. */
export async function changePolicy(deployment: Deployment, by: Person, policy: object): Promise<Reply> {
  by.later(day);
  const proposed = await propose(by, policy);
  if (proposed.status !== 202) {
    throw new Error(`not proposed: ${JSON.stringify(proposed.body)}`);
  }
  const confirmed = await confirm(by, proposed.body.changeId, codeIn(deployment.mails(by.email)[0]));
  if (confirmed.status !== 200) {
    throw new Error(`not confirmed: ${JSON.stringify(confirmed.body)}`);
  }
  return confirmed;
}

/** Every page of a list, in the order of the pages. */
export async function everyPage(
  by: Person,
  flow: 'list-users' | 'list-events',
  query: Record<string, string> = {},
): Promise<{ pages: number; data: Reply['body'][] }> {
  const data: Reply['body'][] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const more: Record<string, string> = cursor === null ? {} : { cursor };
    const reply = await atDesk(by, flow, { query: { ...query, ...more } });
    if (reply.status !== 200) {
      throw new Error(`no page: ${JSON.stringify(reply.body)}`);
    }
    data.push(...reply.body.data);
    cursor = reply.body.nextCursor;
    pages += 1;
  } while (cursor !== null && pages < 1000);
  return { pages, data };
}

/** Proves the mailbox of an `enrollment_required` where it is asked, and enrols; answers with what the confirm answers. */
export async function enrolInside(person: Person, asked: Reply['body']): Promise<Reply> {
  let bearer = asked.challengeToken;
  if (asked.bootstrap) {
    await person.call('send-code', { body: { challengeToken: bearer, method: 'email' } });
    const proven = await person.verify(bearer, 'email', person.mailedCode());
    if (proven.body.status !== 'enrollment_required') {
      throw new Error(`mailbox not proven: ${JSON.stringify(proven.body)}`);
    }
    bearer = proven.body.challengeToken;
  }
  const started = await person.call('start-authenticator', { bearer, body: {} });
  person.secret = started.body.secret;
  const path = { id: started.body.authenticatorId };
  const done = await person.call('confirm-authenticator', { bearer, path, body: { code: person.code() } });
  person.later(30_000);
  return done;
}
