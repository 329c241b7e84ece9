/** What a page hands to the browser: WebAuthn options in JSON (WebAuthn 5.4 and 5.5). */
import type { Here } from '../decision.ts';
import type { ChallengeSeal } from '../ports.ts';
import type { User } from '../state/item.ts';
import type { OfferedMethod } from './methods.ts';
import { challengesOf, passkeysHere, userHandleOf } from './passkey.ts';

/** How long a browser waits for the person (WebAuthn 15.1). */
const timeoutMs = 300_000;

/** Ed25519, ES256 and RS256, best first. No post-quantum one: its public key alone would outgrow the user's item. */
export const algorithms = [-8, -7, -257] as const;

const described = (user: User, here: Here) =>
  passkeysHere(user, here).map(({ credentialId, transports }) => ({
    type: 'public-key' as const,
    id: credentialId,
    ...(transports ? { transports } : {}),
  }));

/** To present one of the user's passkeys. The key must check who holds it: a stolen one is worth nothing. */
export const requestOptions = (user: User, challenge: string, here: Here) => ({
  challenge,
  rpId: here.passkeys?.rpId,
  allowCredentials: described(user, here),
  userVerification: 'required' as const,
  timeout: timeoutMs,
});
export type RequestOptions = ReturnType<typeof requestOptions>;

/** To make a passkey for this user, on a device that has none of theirs yet. */
export const creationOptions = (user: User, product: string, challenge: string, here: Here) => ({
  challenge,
  rp: { id: here.passkeys?.rpId, name: product },
  user: { id: userHandleOf(user), name: user.email, displayName: user.displayName ?? user.email },
  pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key' as const, alg })),
  excludeCredentials: described(user, here),
  authenticatorSelection: {
    residentKey: 'preferred' as const,
    requireResidentKey: false,
    userVerification: 'required' as const,
  },
  attestation: 'none' as const,
  timeout: timeoutMs,
});

type Asking = { status: string; challengeId: string; methods: OfferedMethod[] };

/** What a challenge asks, with the options to present a passkey where it takes one. An enrolment takes none. */
export async function withPasskeyOptions<A extends Asking>(
  asked: A,
  user: User,
  seal: Pick<ChallengeSeal, 'macs'>,
  here: Here,
): Promise<A> {
  if (asked.status !== 'challenge' || !asked.methods.some(({ method }) => method === 'passkey')) {
    return asked;
  }
  const [newest] = await challengesOf(user, asked, seal);
  const options = requestOptions(user, newest as string, here);
  const methods = asked.methods.map((one) => (one.method === 'passkey' ? { ...one, options } : one));
  return { ...asked, methods };
}
