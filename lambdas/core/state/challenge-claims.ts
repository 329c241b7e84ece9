/** What the opaque challenge token says, once opened. A challenge is not stored: this is all of it. */
import * as z from 'zod/mini';

export const challengeClaimsSchema = z.object({
  accountId: z.string(),
  userId: z.string(),
  challengeId: z.string(),
  firstFactor: z.enum(['password', 'federated', 'api_key', 'email_link']),
  /** What the identity provider said of itself, for a federated first factor. */
  amr: z.array(z.string()),
  policyVersion: z.int(),
  /**
   * - `verify`: a second factor is due
   * - `bootstrap`: nothing is enrolled; the mailbox is proven first
   * - `enroll`: the mailbox is proven; an authenticator may be enrolled, and its confirm completes the sign-in
   */
  stage: z.enum(['verify', 'bootstrap', 'enroll']),
  expiresAtMs: z.int(),
});
export type ChallengeClaims = z.infer<typeof challengeClaimsSchema>;
