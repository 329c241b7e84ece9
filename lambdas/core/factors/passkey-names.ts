/** What people call their passkeys, by the model that a key says it is (its AAGUID). A name, on nobody's word; it decides nothing. */
import file from './passkey-names.json' with { type: 'json' };

const names: Record<string, string> = file;

/** Such as "Bitwarden" or "YubiKey 5 Series"; undefined for a model that is not known, or for none (zeros). */
export const passkeyName = (aaguid: string): string | undefined =>
  Object.hasOwn(names, aaguid) ? names[aaguid] : undefined;
