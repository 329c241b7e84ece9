/** What a user token says of its holder, on the app's word. */
export type UserTokenClaims = {
  accountId: string;
  userId: string;
  role: 'user' | 'admin' | 'support';
  /** When the app last checked the password or its stand-in. */
  reauthenticatedAtMs?: number;
};
