import type { Client } from './challenge-claims.ts';

/** What a user token says of its holder, on the app's word. */
export type UserTokenClaims = {
  accountId: string;
  userId: string;
  role: 'user' | 'admin' | 'support';
  /** When the app last checked the password or its stand-in. */
  reauthenticatedAtMs?: number;
  /** When a second factor was last presented, by the result token that the token was minted with. */
  secondFactorAtMs?: number;
  /** The `jti` of the sign-in by a temporary code that the token was minted with. */
  temporarySignIn?: string;
  /** When the token was minted; absent in tokens of an older release. */
  mintedAtMs?: number;
  /** The person's address and agent, as the app saw them. */
  client?: Client;
};
