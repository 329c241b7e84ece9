/** The challenge that the app sent the browser here with, and what the API says of it. */
import { fetchOnce, readAnswer } from '../../client/transport.ts';
import { forget, keep, kept } from '../base/tab-storage.ts';
import type { PromptChallenge } from '../prompt/sign-in.ts';

/** What `POST /v1/challenges/read` answers: the challenge as the app got it, and who signs in from where. */
export type HostedChallenge = Exclude<PromptChallenge, { status: 'passed' }> & {
  product: string;
  /** The masked address of the person. */
  email: string;
  client?: { ip?: string; device?: string };
  locale?: string;
  /** The origin to which the person goes back. */
  returnOrigin?: string;
};

const tokenKey = 'hosted-token';
const challengeKey = 'hosted-challenge';
const lifetimeMs = 600_000;

/**
 * The challenge token: from the address's fragment, which no server sees, then from this tab, so that a reload goes on.
 * The fragment is cleared at once; the address may be copied or photographed.
 */
export function takeToken(): string | undefined {
  const fragment = location.hash.slice(1);
  if (fragment !== '') {
    keep(tokenKey, new URLSearchParams(fragment).get('challengeToken') ?? fragment, lifetimeMs);
    forget(challengeKey);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return kept<string>(tokenKey);
}

/** What the API says of the token; remembered for a reload, when the sign-in may have gone on from it. */
export async function readChallenge(challengeToken: string): Promise<HostedChallenge> {
  const before = kept<HostedChallenge>(challengeKey);
  if (before) {
    return before;
  }
  const request = { method: 'POST', path: '/v1/challenges/read', body: { challengeToken } } as const;
  const read = readAnswer<HostedChallenge>(await fetchOnce('', request, 10_000));
  const challenge = { ...read, challengeToken };
  keep(challengeKey, challenge, lifetimeMs);
  return challenge;
}

export function forgetChallenge(): void {
  forget(tokenKey);
  forget(challengeKey);
}
