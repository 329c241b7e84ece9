/** What passkeys sign, judged by `@simplewebauthn/server`. In a chunk of its own: a function loads it when somebody presents one. */
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import type { Assertions } from '../core/ports.ts';
import { isCrossOrigin } from './client-data.ts';

/** The library throws for most of what is wrong, and says `verified: false` for a bad signature. Here both are one. */
export const assertions: Assertions = {
  verify: async (assertion, { rpId, origins, challenges }, { credentialId, publicKey }) => {
    if (isCrossOrigin(assertion.response.clientDataJSON)) {
      return undefined;
    }
    const verified = await verifyAuthenticationResponse({
      response: { ...assertion, clientExtensionResults: {} } as never,
      expectedChallenge: (challenge) => challenges.includes(challenge),
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      requireUserVerification: true,
      // It would look at the count before the signature, and let somebody without the key raise an alarm.
      credential: { id: credentialId, publicKey: new Uint8Array(publicKey), counter: 0 },
    }).catch(() => undefined);
    if (!verified?.verified) {
      return undefined;
    }
    const { newCounter, credentialBackedUp } = verified.authenticationInfo;
    return { counter: newCounter, synced: credentialBackedUp };
  },
};
