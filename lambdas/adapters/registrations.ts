/** What new passkeys answer, judged by `@simplewebauthn/server`. */
import { verifyRegistrationResponse } from '@simplewebauthn/server';
import { algorithms } from '../core/factors/passkey-options.ts';
import type { Registrations } from '../core/ports.ts';
import { isCrossOrigin } from './client-data.ts';

/** Whatever is wrong, the library throws; what it said is for nobody. */
export const registrations = (): Registrations => ({
  verify: async (registration, { rpId, origins, challenges }) => {
    if (isCrossOrigin(registration.response.clientDataJSON)) {
      return undefined;
    }
    const verified = await verifyRegistrationResponse({
      response: { ...registration, clientExtensionResults: {} } as never,
      expectedChallenge: (challenge) => challenges.includes(challenge),
      expectedOrigin: [...origins],
      expectedRPID: rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...algorithms],
    }).catch(() => undefined);
    if (!verified?.verified) {
      return undefined;
    }
    const { credential, aaguid, credentialDeviceType, credentialBackedUp } = verified.registrationInfo;
    return {
      credentialId: credential.id,
      publicKey: new Uint8Array(credential.publicKey),
      counter: credential.counter,
      aaguid,
      ...(credentialDeviceType === 'multiDevice' && {
        backup: credentialBackedUp ? ('synced' as const) : ('eligible' as const),
      }),
    };
  },
});
