/** Starting an authenticator: a pending secret beside whatever is live. */
import { type Context, type Decision, type Here, isRefused, type Ports } from '../decision.ts';
import { isAllowed } from '../factors/methods.ts';
import { authenticatorLabel } from '../factors/rfc6238.ts';
import type { ProofAttempt, SpendPorts } from '../factors/spend.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type Account, type Loaded, refOf, type State } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { allowedToEnrol, type Enroller, enrollingUser, signInOf } from './enroller.ts';

export type StartAuthenticator = {
  by: Enroller;
  label?: string | undefined;
  proof?: ProofAttempt | undefined;
};

export type StartedAuthenticator = {
  authenticatorId: string;
  secret: Uint8Array;
  account: Account;
  email: string;
  expiresAtMs: number;
};

/**
 * Starts an authenticator. A live one keeps working until the new one is proven; an earlier pending one is replaced.
 * The secret is made here and nowhere else. Refuses `not_found`, `method_not_allowed`, `forbidden` at five authenticators,
 * what `allowedToEnrol` refuses, and for an enrolment inside a sign-in what a spent challenge refuses.
 */
export async function startAuthenticator(
  loaded: Loaded,
  command: StartAuthenticator,
  ports: SpendPorts & Pick<Ports, 'fresh'>,
  context: Context,
): Promise<Decision<StartedAuthenticator>> {
  const user = enrollingUser(loaded, command.by, context);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const state = { user, account: loaded.account };
  const refusal = noMore(state, context);
  if (refusal) {
    return { answer: refusal };
  }
  const allowed = await allowedToEnrol(state, command, ports, context);
  if (isRefused(allowed)) {
    return allowed;
  }
  return pend({ ...state, user: allowed.user }, command, ports, context);
}

function noMore({ user, account }: State, here: Here): Refusal | undefined {
  if (!isAllowed(account, 'totp', here)) {
    return refuse('method_not_allowed', {
      reason: 'policy',
      detail: 'The account does not allow authenticator apps.',
    });
  }
  return user.authenticators.length < limits.totp.perUser
    ? undefined
    : refuse('forbidden', { reason: 'five_apps', detail: 'Remove an authenticator before you add another.' });
}

async function pend(
  { user, account }: State,
  command: StartAuthenticator,
  { fresh, secrets }: Pick<Ports, 'fresh' | 'secrets'>,
  context: Context,
): Promise<Decision<StartedAuthenticator>> {
  const id = context.newId('aut');
  const secret = fresh.totpSecret();
  const challengeId = signInOf(command.by);
  const expiresAtMs = context.nowMs + limits.totp.pendingMs;
  const pendingAuthenticator = {
    id,
    label: authenticatorLabel(command.label),
    secret: await secrets.seal(secret, refOf(user), id, context.nowMs),
    expiresAtMs,
    failures: 0,
    ...(challengeId === undefined ? {} : { challengeId }),
  };
  return {
    save: { ...user, pendingAuthenticator },
    answer: { authenticatorId: id, secret, account, email: user.email, expiresAtMs },
  };
}
