/** Ory Kratos: identities with their credentials, as `GET /admin/identities/{id}?include_credential=totp` answers. */
import {
  arrayOf,
  type Format,
  isUnusable,
  listOf,
  objectOf,
  type Read,
  textField,
  type Written,
} from './format.ts';
import { readOtpauth, writeOtpauth } from './otpauth.ts';

export const kratos: Format = {
  name: 'kratos',
  about: 'Ory Kratos identities with credentials.totp (and lookup_secret)',
  extension: 'json',
  read: (texts) => listOf(texts.map(asList)).map(({ value, place }) => readIdentity(value, place)),
  write: (entries, issuer) => [`${JSON.stringify(identitiesOf(entries, issuer), null, 2)}\n`],
};

/** One identity is a list of one: the admin API answers a single one when it is asked for credentials. */
const asList = (text: string): string => (text.trimStart().startsWith('{') ? `[${text}]` : text);

function readIdentity(identity: Record<string, unknown>, place: string): Read {
  const traits = objectOf(identity.traits);
  const email = textField(traits.email);
  const id = textField(identity.id) ?? textField(identity.external_id);
  const who = email ?? id ?? '';
  const credentials = objectOf(identity.credentials);
  const url = textField(objectOf(objectOf(credentials.totp).config).totp_url);
  if (url === undefined) {
    const reason =
      'The identity has no credentials.totp.config.totp_url. Kratos leaves it out unless asked with include_credential=totp.';
    return { place, who, reason };
  }
  const read = readOtpauth(url, place, 'form');
  if (isUnusable(read)) {
    return { ...read, who };
  }
  const codes = unusedCodes(credentials);
  return {
    ...read,
    ...(id !== undefined && { id }),
    ...(email !== undefined && { email }),
    ...(codes.length > 0 && { recoveryCodes: codes }),
  };
}

const unusedCodes = (credentials: Record<string, unknown>): string[] =>
  arrayOf(objectOf(objectOf(credentials.lookup_secret).config).recovery_codes)
    .map(objectOf)
    .filter(({ used_at }) => used_at === undefined || used_at === null || String(used_at).startsWith('0001-'))
    .flatMap(({ code }) => textField(code) ?? []);

/** Kratos keeps one authenticator a person: the first one goes. */
function identitiesOf(entries: Written[], issuer: string): object[] {
  const first = [...new Map([...entries].reverse().map((entry) => [entry.id, entry])).values()].reverse();
  return first.map((entry) => ({
    external_id: entry.id,
    schema_id: 'default',
    traits: { email: entry.email },
    credentials: {
      totp: { type: 'totp', identifiers: [entry.id], config: { totp_url: writeOtpauth(entry, issuer) } },
    },
  }));
}
