/** FusionAuth: users with `twoFactor.methods`, as its user API answers and its import API takes. */
import {
  arrayOf,
  defaults,
  type Format,
  groupedBy,
  listOf,
  objectOf,
  type Read,
  type ReadOptions,
  textField,
  type Written,
} from './format.ts';
import { type Decoded, decodeSecret } from './secrets.ts';

export const fusionauth: Format = {
  name: 'fusionauth',
  about: 'FusionAuth users with twoFactor.methods',
  extension: 'json',
  read: (texts, options) =>
    listOf(texts, 'users').flatMap(({ value, place }) => readUser(value, place, options)),
  write: (entries) => [`${JSON.stringify({ users: usersOf(entries) }, null, 2)}\n`],
};

type Row = Record<string, unknown>;

function readUser(user: Row, place: string, options: ReadOptions): Read[] {
  const email = textField(user.email);
  const id = textField(user.id);
  const who = email ?? id ?? '';
  const twoFactor = objectOf(user.twoFactor);
  const methods = arrayOf(twoFactor.methods).map(objectOf);
  const authenticators = methods.filter(({ method }) => method === 'authenticator');
  const others = [...new Set(methods.map(({ method }) => String(method)))].filter(
    (name) => name !== 'authenticator',
  );
  if (authenticators.length === 0) {
    const has = others.length > 0 ? ` (it has ${others.join(' and ')})` : '';
    return [{ place, who, reason: `The user has no authenticator among twoFactor.methods${has}.` }];
  }
  const codes = arrayOf(twoFactor.recoveryCodes).flatMap((code) => textField(code) ?? []);
  return authenticators.map((method, index): Read => {
    const decoded = secretOf(method, options);
    return 'reason' in decoded
      ? { place, who, reason: decoded.reason }
      : {
          place,
          ...(id !== undefined && { id }),
          ...(email !== undefined && { email }),
          ...(textField(user.fullName) && { displayName: textField(user.fullName) as string }),
          ...settingsOf(objectOf(method.authenticator)),
          secret: decoded.secret,
          ...(index === 0 && codes.length > 0 && { recoveryCodes: codes }),
          warnings: [...decoded.warnings, ...others.map((name) => `The ${name} method is not imported.`)],
        };
  });
}

/** `HmacSHA1` is Java's name for SHA-1. */
const settingsOf = ({ algorithm, codeLength, timeStep }: Row) => ({
  algorithm: (textField(algorithm) ?? defaults.algorithm).replace(/^Hmac/i, ''),
  digits: Number(codeLength ?? defaults.digits),
  periodSeconds: Number(timeStep ?? defaults.periodSeconds),
});

/**
 * `secret` is base64, and `secretBase32Encoded` the same bytes in base32: where both are there they must agree, so that a
 * wrong reading is found before anybody is locked out.
 */
function secretOf(method: Row, { secretEncoding }: ReadOptions): Decoded {
  const plain = textField(method.secret);
  const base32 = textField(method.secretBase32Encoded);
  if (plain === undefined && base32 === undefined) {
    return { reason: 'The method has no secret: FusionAuth shows it only to a key that may read it.' };
  }
  if (plain === undefined) {
    return decodeSecret(base32 as string, 'base32');
  }
  if (secretEncoding === undefined && base32 === undefined && /^[A-Z2-7]+=*$/.test(plain)) {
    const reason =
      'The secret reads as base32 and as base64. Say which it is: --secret-encoding base32 or base64.';
    return { reason };
  }
  const decoded = decodeSecret(plain, secretEncoding ?? 'base64');
  const other = base32 === undefined ? decoded : decodeSecret(base32, 'base32');
  const agree =
    'secret' in decoded && 'secret' in other && Buffer.compare(decoded.secret, other.secret) === 0;
  return agree || 'reason' in decoded
    ? decoded
    : {
        reason:
          '"secret" and "secretBase32Encoded" are not the same bytes. Say how "secret" is written: --secret-encoding.',
      };
}

function usersOf(entries: Written[]): object[] {
  return groupedBy(entries, ({ id }) => id).map((own) => {
    const [{ id, email, displayName }] = own as [Written];
    const methods = own.map(({ secret }) => ({
      method: 'authenticator',
      secret: Buffer.from(secret).toString('base64'),
      authenticator: { algorithm: 'HmacSHA1', codeLength: 6, timeStep: 30 },
    }));
    return { id, email, ...(displayName && { fullName: displayName }), twoFactor: { methods } };
  });
}
