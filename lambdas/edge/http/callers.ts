/**
 * Who is calling. `routes.ts` names the kind of caller of each route; `handle` takes the resolver for it, and one that does
 * not fit the route does not compile.
 */
import type { Context } from '../../core/decision.ts';
import type { ChallengeSeal } from '../../core/ports.ts';
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts';
import type { Enroller } from '../../core/settings/enroller.ts';
import { challengeExpired } from '../../core/sign-in/challenge.ts';
import type { ChallengeClaims, Client } from '../../core/state/challenge-claims.ts';
import type { UserRef } from '../../core/state/item.ts';
import type { UserTokenClaims } from '../../core/state/user-token-claims.ts';
import type { Caller } from '../../routes.ts';
import { verifier } from '../setup/wiring.ts';

/** What a resolver looks at. `signed`: the gateway has checked an AWS signature. */
type Call = { headers: Record<string, string>; body: unknown; nowMs: number; signed: boolean };

/** Who called, and whom the events of what they do will name: `client` in place of the connection's address and agent. */
type Called<Who> = { who: Who; actor: Context['actor']; client?: Client | undefined };

export type Resolver<C extends Caller, Who> = {
  caller: C;
  resolve(call: Call): Promise<Called<Who> | Refusal>;
};

/** Anybody. */
export const asAnybody: Resolver<'public', undefined> = {
  caller: 'public',
  resolve: async () => ({ who: undefined, actor: { kind: 'system' } }),
};

/** The company's back end. The gateway has checked its signature; a route that was wired without that stays shut. */
export const asApp: Resolver<'app', undefined> = {
  caller: 'app',
  resolve: async (call) => signed(call, 'app'),
};

/** The company's staff and jobs: the gateway lets their roles alone call these routes. */
export const asOperator: Resolver<'operator', undefined> = {
  caller: 'operator',
  resolve: async (call) => signed(call, 'operator'),
};

const signed = (call: Call, kind: 'app' | 'operator'): Called<undefined> | Refusal =>
  call.signed
    ? { who: undefined, actor: { kind } }
    : refuse('forbidden', { reason: 'signature', detail: 'Sign the request with AWS Signature Version 4.' });

/** The holder of a user token. Refuses `credentials_missing` and `credentials_invalid`. */
export const asUser: Resolver<'user', UserTokenClaims> = {
  caller: 'user',
  resolve: async (call) => {
    const token = await userToken(call);
    return isRefusal(token) ? token : withClient(token, token, { kind: 'user', id: token.userId });
  },
};

/** An admin or support person. Refuses like `asUser`, and `forbidden` for a user's own token. */
export const asAdmin: Resolver<'admin', UserTokenClaims> = {
  caller: 'admin',
  resolve: async (call) => {
    const token = await userToken(call);
    if (isRefusal(token)) {
      return token;
    }
    const { role, userId } = token;
    return role === 'user'
      ? refuse('forbidden', { reason: 'role', detail: 'This is for administrators and support.' })
      : withClient(token, token, { kind: role, id: userId });
  },
};

/** Somebody in a sign-in, by the challenge token in the body. Refuses `challenge_invalid`. */
export const asChallenge = (seal: () => ChallengeSeal): Resolver<'challenge', ChallengeClaims> => ({
  caller: 'challenge',
  resolve: async ({ body }) => {
    const { challengeToken } = body as { challengeToken: string };
    const challenge = await seal().open(challengeToken);
    return challenge
      ? withClient(challenge, challenge, { kind: 'user', id: challenge.userId })
      : refuse('challenge_invalid', { detail: 'Start the sign-in again.' });
  },
});

/**
 * A user token, or the challenge token of a sign-in whose mailbox is proven (stage `enroll`). Refuses like `asUser`, and
 * `challenge_expired`.
 */
export const asEnroller = (
  seal: () => ChallengeSeal,
): Resolver<'user_or_enrolling', { by: Enroller; ref: UserRef }> => ({
  caller: 'user_or_enrolling',
  resolve: async (call) => {
    const by = await enroller(call, seal);
    if (isRefusal(by)) {
      return by;
    }
    const claims = 'token' in by ? by.token : by.challenge;
    const ref = { accountId: claims.accountId, userId: claims.userId };
    return withClient({ by, ref }, claims, { kind: 'user', id: ref.userId });
  },
});

const withClient = <Who>(
  who: Who,
  { client }: { client?: Client | undefined },
  actor: Context['actor'],
): Called<Who> => ({ who, actor, client });

async function enroller(call: Call, seal: () => ChallengeSeal): Promise<Enroller | Refusal> {
  const bearer = bearerOf(call);
  // A JWE has five parts, a JWT three.
  if (bearer?.split('.').length !== 5) {
    const token = await userToken(call);
    return isRefusal(token) ? token : { token };
  }
  const challenge = await seal().open(bearer);
  if (challenge?.stage !== 'enroll') {
    return invalid();
  }
  return challenge.expiresAtMs <= call.nowMs ? challengeExpired() : { challenge };
}

async function userToken(call: Call): Promise<UserTokenClaims | Refusal> {
  const bearer = bearerOf(call);
  if (bearer === undefined) {
    return refuse('credentials_missing', { detail: 'Send a user token as Authorization: Bearer.' });
  }
  return (await verifier().verifyUser(bearer, call.nowMs)) ?? invalid();
}

const bearerOf = ({ headers }: Call): string | undefined =>
  /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(headers.authorization ?? '')?.[1];

const invalid = () => refuse('credentials_invalid', { detail: 'Mint a new user token.' });
