/** The person behind a user token. */
import { userUnknown } from '../profile/user-unknown.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { isOfSomebodyErased } from '../state/evidence.ts';
import type { Loaded, User } from '../state/item.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';

/** The holder of the token. Refuses `not_found` for somebody whom the app has not made known, and like `ofErased`. */
export const ownUser = (loaded: Loaded, token: UserTokenClaims): User | Refusal =>
  ofErased(loaded, token) ?? loaded.user ?? userUnknown();

/** `credentials_invalid` for a token that was minted before its holder became known: somebody of that id was erased since. */
export function ofErased({ user }: Loaded, { mintedAtMs }: UserTokenClaims): Refusal | undefined {
  return user && mintedAtMs !== undefined && isOfSomebodyErased(user, mintedAtMs)
    ? refuse('credentials_invalid', { detail: 'Mint a new user token.' })
    : undefined;
}
