/** Temporary codes: made at the desk, used at a sign-in, and what that sign-in may do. */
import type { CallOptions, Deployment, Reply } from './deployment.ts';
import { anAdmin, atDesk, type DeskOptions } from './desk.ts';
import { Person } from './person.ts';

const reason = 'lost the phone; passport seen on a call';

/** Makes a code for somebody, for an hour unless told otherwise. */
export const makeCode = (
  by: Person,
  on: Person,
  { body = {}, ...options }: Omit<DeskOptions, 'body'> & { body?: object } = {},
): Promise<Reply> =>
  atDesk(by, 'create-temporary-code', {
    path: { id: on.id },
    body: { reason, validMinutes: 60, ...body },
    ...options,
  });

/** An admin, somebody of the account with an authenticator, and a code for them. */
export async function withCode(deployment: Deployment) {
  const admin = await anAdmin(deployment);
  const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
  admin.at = ada.at;
  const made = await makeCode(admin, ada);
  return { admin, ada, code: made.body.code as string };
}

export const signInBy = async (person: Person, code: unknown): Promise<Reply> =>
  person.verify(await person.challengeToken(), 'temporary_code', code);

/** A user token minted with a sign-in's result; without a fresh password unless told otherwise. */
export async function tokenBy(person: Person, resultToken: string, more: object = {}): Promise<string> {
  const body = { accountId: person.accountId, userId: person.id, role: 'user', resultToken, ...more };
  return (await person.call('mint-user-token', { body })).body.token;
}

/** Signs in by the code; answers with the user token of that sign-in. */
export async function signedInBy(person: Person, code: string): Promise<string> {
  const passed = await signInBy(person, code);
  if (passed.status !== 200) {
    throw new Error(`not passed: ${JSON.stringify(passed.body)}`);
  }
  return tokenBy(person, passed.body.token);
}

/** Starts and confirms an authenticator by this token. */
export async function enrolBy(person: Person, bearer: string, options: CallOptions = {}): Promise<Reply> {
  const started = await person.call('start-authenticator', { bearer, body: {}, ...options });
  if (started.status !== 201) {
    return started;
  }
  person.secret = started.body.secret;
  const path = { id: started.body.authenticatorId };
  return person.call('confirm-authenticator', { bearer, path, body: { code: person.code() } });
}
