/** What the opaque challenge token says, once opened. A challenge is not stored: this is all of it. */
import * as z from 'zod/mini';
import { type Refusal, refuse } from '../refusal.ts';
import { actionSchema } from './action.ts';
import { limits } from './limits.ts';

/** Who sits at the keyboard, where the app's back end passes the calls on. */
export const clientSchema = z.object({ ip: z.optional(z.string()), userAgent: z.optional(z.string()) });
export type Client = z.infer<typeof clientSchema>;

export const challengeClaimsSchema = z.object({
  accountId: z.string(),
  userId: z.string(),
  challengeId: z.string(),
  firstFactor: z.enum(['password', 'federated', 'api_key', 'email_link', 'session']),
  /** What the identity provider said of itself, for a federated first factor. */
  amr: z.array(z.string()),
  policyVersion: z.int(),
  /** When the first factor passed; absent in tokens of an older release. */
  startedAtMs: z.optional(z.int()),
  /** The factor that the policy no longer allows is proven; only the mailbox is left to prove. */
  factorProven: z.optional(z.boolean()),
  /** The person's address and agent, as the app saw them. */
  client: z.optional(clientSchema),
  /** What a step-up confirms: shown to the person, and bound to the token. */
  action: z.optional(actionSchema),
  /** Where the hosted prompt sends the browser back to: this challenge gives its token to the app alone. */
  returnTo: z.optional(z.string()),
  /**
   * - `verify`: a second factor is due
   * - `bootstrap`: nothing is enrolled; the mailbox is proven first
   * - `enroll`: the mailbox is proven; an authenticator may be enrolled, and its confirm completes the sign-in
   */
  stage: z.enum(['verify', 'bootstrap', 'enroll']),
  expiresAtMs: z.int(),
});
export type ChallengeClaims = z.infer<typeof challengeClaimsSchema>;

/**
 * The claims as a token can hold them: an agent that finds no room is left out, for it only describes. Refuses
 * `request_invalid` for details that find none: what a person confirms is never cut.
 */
export function fittingClaims(claims: ChallengeClaims): ChallengeClaims | Refusal {
  if (fits(claims)) {
    return claims;
  }
  const { userAgent: _left, ...client } = claims.client ?? {};
  const bare = { ...claims, client };
  const detail = 'must be shorter, beside ids and a returnTo of this length';
  return fits(bare)
    ? bare
    : refuse('request_invalid', { detail, errors: [{ pointer: '/action/details', detail }] });
}

const fits = (claims: ChallengeClaims): boolean =>
  Buffer.byteLength(JSON.stringify(claims)) <= limits.challenge.claimsBytes;
