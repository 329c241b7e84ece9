/**
 * The client's types and paths beside the API's table. `tsc` does the first half: whatever the API takes or answers can be
 * said in the client's types. The contract may be ahead of the API, never behind.
 */
import { describe, expect, it, vi } from 'vitest';
import type * as z from 'zod/mini';
import { BrowserClient } from '../../client/browser.ts';
import type * as contract from '../../client/contract.ts';
import type { RefusalCode } from '../../lambdas/core/refusal.ts';
import { type Caller, type Flow, type Route, routes } from '../../lambdas/routes.ts';
import type { userRow } from '../../lambdas/schemas.ts';
import { clientOf } from '../support/signed-in.ts';

type Api<F extends Flow, Part extends 'body' | 'query' | 'answer'> = (typeof routes)[F] extends {
  [P in Part]: infer Schema extends z.ZodMiniType;
}
  ? z.input<Schema>
  : undefined;

/** Every place in a type, such as `user.email`. */
type Places<T> = T extends readonly (infer Item)[]
  ? Places<Item>
  : T extends object
    ? string extends keyof T
      ? never
      : { [K in keyof T & string]: K | `${K}.${Places<NonNullable<T[K]>>}` }[keyof T & string]
    : never;

/** `true` where all of `Theirs` can be said in `Ours`; otherwise what cannot. */
type Covers<Ours, Theirs> = [Exclude<Places<Theirs>, Places<Ours>>] extends [never]
  ? [Theirs] extends [Ours]
    ? true
    : { theirs: Theirs; doesNotFit: Ours }
  : { missing: Exclude<Places<Theirs>, Places<Ours>> };

type Message = { sentTo: string; resendAvailableAt: string; expiresAt: string };
type Status = { status: contract.Status };

/** What the client says of each flow's body and answer. */
type Client = {
  'create-challenge': [contract.StartRequest, contract.Started];
  'read-challenge': [{ challengeToken: string }, contract.ReadChallenge];
  'fetch-result': [contract.ResultRequest, contract.Result];
  'send-code': [contract.SendCodeRequest, contract.CodeSent];
  'verify-challenge': [contract.VerifyRequest, contract.Verified];
  'mint-user-token': [contract.UserTokenRequest, contract.IssuedToken];
  'sync-user': [contract.SyncUserRequest, contract.UserProfile];
  'get-user': [undefined, contract.HeldUser];
  'account-policy': [undefined, contract.PolicyInForce];
  'set-policy': [{ policy: contract.PolicyEdit; version?: number }, contract.PolicyInForce];
  'set-account': [contract.AccountSettings, contract.Account];
  'get-two-factor': [undefined, contract.TwoFactor];
  'start-authenticator': [contract.WithProof & { label?: string }, contract.StartedAuthenticator];
  'confirm-authenticator': [{ code: string; label?: string }, contract.Confirmed];
  'remove-authenticator': [contract.WithProof, Status];
  'start-email-method': [contract.WithProof, Message];
  'confirm-email-method': [{ code: string }, contract.Confirmed];
  'remove-email-method': [contract.WithProof, Status];
  'start-sms-method': [contract.WithProof & { phone: string }, Message];
  'confirm-sms-method': [{ code: string }, contract.Confirmed];
  'remove-sms-method': [contract.WithProof, Status];
  'regenerate-recovery-codes': [contract.WithProof, contract.RecoveryCodes];
  'set-default-method': [{ defaultMethod: contract.Method | null }, contract.DefaultMethod];
  'save-recovery-codes': [undefined, contract.RecoveryCodesSaved];
  'mail-proof-code': [{ method: 'email' | 'sms' | 'passkey' }, Message];
  'start-passkey': [contract.WithProof & { label?: string }, contract.StartedPasskey];
  'confirm-passkey': [{ credential: contract.PasskeyCredential; label?: string }, contract.Confirmed];
  'remove-passkey': [contract.WithProof, Status];
  'disable-two-factor': [contract.WithProof, { status: 'disabled' }];
  'list-trusted-devices': [undefined, { data: contract.TrustedDevice[] }];
  'get-policy': [undefined, contract.ReadPolicy];
  'propose-policy': [{ policy: contract.PolicyEdit; proof?: contract.Proof }, contract.ProposedPolicy];
  'confirm-policy': [{ code: string }, contract.PolicyInForce];
  'list-users': [undefined, contract.Page<contract.ListedUser>];
  'reset-two-factor': [contract.WithReason & { useProfileAddress?: boolean }, { status: 'disabled' }];
  'unlock-user': [contract.WithReason, Status];
  'exempt-user': [contract.WithReason & { until: string | null }, { exemptUntil: string | null }];
  'create-temporary-code': [
    contract.WithReason & { validMinutes: number },
    { code: string; expiresAt: string },
  ];
  'list-events': [undefined, contract.Page<contract.AuditEvent>];
};

/** Rows of a batch are judged alone, so that the body's schema does not say what is in them. */
type Rows = {
  row: Covers<contract.SyncUsersRequest['users'][number], z.input<typeof userRow>>;
  answer: Covers<contract.SyncUsersAnswer, Api<'sync-users', 'answer'>>;
};
type Bodies = { [F in keyof Client]: Covers<Client[F][0], Api<F, 'body'>> };
type Answers = { [F in keyof Client]: Covers<Client[F][1], Api<F, 'answer'>> };
type Within<Ours extends PropertyKey, Theirs extends PropertyKey> = [Exclude<Theirs, Ours>] extends [never]
  ? true
  : { missing: Exclude<Theirs, Ours> };
/** `true`, or the flows that do not fit, each with what is missing. */
type Misfits<Table> = { [F in keyof Table as Table[F] extends true ? never : F]: Table[F] };
type All<Table> = keyof Misfits<Table> extends never ? true : Misfits<Table>;

const id = 'ID';
const user = { accountId: id, userId: id };
const any = {} as never;

/** The path of the table that a request went to. */
const templateOf = (method: string, url: string): string =>
  `${method} ${new URL(url, 'https://api.example').pathname.replaceAll(`/${id}`, '/{}')}`;
const templates = (...callers: Caller[]): string[] =>
  (Object.values(routes) as Route[])
    .filter(({ caller }) => callers.includes(caller))
    .map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`);

it('the types say all that the API takes and answers', () => {
  const covered: {
    bodies: All<Bodies>;
    answers: All<Answers>;
    rows: All<Rows>;
    usersQuery: Within<keyof contract.UsersQuery, keyof Api<'list-users', 'query'>>;
    eventsQuery: Within<keyof contract.EventsQuery, keyof Api<'list-events', 'query'>>;
    codes: Within<contract.ErrorCode, RefusalCode>;
  } = { bodies: true, answers: true, rows: true, usersQuery: true, eventsQuery: true, codes: true };
  // Where one does not hold, this file does not compile: `true` is no value of its type.
  expect(Object.values(covered)).toEqual([true, true, true, true, true, true]);
});

describe('every route has a method', () => {
  it('of the server client, where the app calls it', async () => {
    const called: string[] = [];
    vi.stubGlobal('fetch', async (url: string, { method }: { method: string }) => {
      called.push(templateOf(method, url));
      return new Response('{}');
    });
    const app = clientOf('https://api.example');
    await app.start(any);
    await app.result(any);
    await app.userToken(any);
    await app.syncUser({ ...user, email: 'x' });
    await app.syncUsers({ accountId: id, users: [] });
    await app.getUser(user);
    await app.eraseUser(user);
    await app.passwordChanged(user);
    await app.setAccount({ accountId: id });
    await app.getPolicy({ accountId: id });
    await app.setPolicy({ accountId: id, policy: {} });
    await app.importUsers({ accountId: id, users: [] });
    await app.eraseAccount({ accountId: id });
    vi.unstubAllGlobals();
    expect(called).toEqual(expect.arrayContaining(templates('app')));
    expect(new Set(called).size).toBe(called.length);
  });

  it('of the browser client, where a page calls it', async () => {
    const called: string[] = [];
    const page = new BrowserClient({
      transport: async ({ method, path }) => {
        called.push(templateOf(method, path));
        return { status: 200, body: {} };
      },
    });
    await page.readChallenge(any);
    await page.sendCode(any);
    await page.verifyChallenge(any);
    await page.getTwoFactor();
    await page.setDefaultMethod(any);
    await page.startAuthenticator();
    await page.confirmAuthenticator(id, any);
    await page.removeAuthenticator(id);
    await page.startPasskey();
    await page.confirmPasskey(id, any);
    await page.removePasskey(id);
    await page.startEmailMethod();
    await page.confirmEmailMethod(any);
    await page.removeEmailMethod();
    await page.startSmsMethod(any);
    await page.confirmSmsMethod(any);
    await page.removeSmsMethod();
    await page.regenerateRecoveryCodes();
    await page.recoveryCodesSaved();
    await page.disableTwoFactor();
    await page.mailProofCode(any);
    await page.listTrustedDevices();
    await page.revokeTrustedDevice(id);
    await page.revokeTrustedDevices();
    await page.getPolicy();
    await page.proposePolicy(any);
    await page.confirmPolicy(id, any);
    await page.listUsers();
    await page.resetTwoFactor(id, any);
    await page.unlockUser(id, any);
    await page.exemptUser(id, any);
    await page.createTemporaryCode(id, any);
    await page.listEvents();
    const served = templates('challenge', 'user', 'user_or_enrolling', 'admin');
    expect(called).toEqual(expect.arrayContaining(served));
    expect(new Set(called).size).toBe(called.length);
  });
});
