/** Auth0's bulk import: an array of users with `mfa_factors`. Auth0 exports no secrets itself; its support hands such files out. */
import {
  arrayOf,
  defaults,
  type Format,
  groupedBy,
  listOf,
  objectOf,
  type Read,
  textField,
  type Written,
} from './format.ts';
import { decodeBase32, encodeBase32 } from './secrets.ts';

/** Auth0 takes files of 500 KB. */
const maxBytes = 500_000;

export const auth0: Format = {
  name: 'auth0',
  about: "Auth0's bulk import JSON: users with mfa_factors",
  extension: 'json',
  read: (texts) => listOf(texts).flatMap(({ value, place }) => readUser(value, place)),
  write: (entries) => filesOf(usersOf(entries)),
};

function readUser(user: Record<string, unknown>, place: string): Read[] {
  const email = textField(user.email);
  const id = textField(user.user_id) ?? textField(user.id);
  const who = email ?? id ?? '';
  const factors = arrayOf(user.mfa_factors).map(objectOf);
  const others = [...new Set(factors.flatMap((factor) => Object.keys(factor)))].filter(
    (kind) => kind !== 'totp',
  );
  const secrets = factors.flatMap(({ totp }) => textField(objectOf(totp).secret) ?? []);
  if (secrets.length === 0) {
    const has = others.length > 0 ? ` (it has ${others.join(' and ')})` : '';
    return [{ place, who, reason: `The user has no totp factor${has}.` }];
  }
  return secrets.map((text): Read => {
    const decoded = decodeBase32(text);
    return 'reason' in decoded
      ? { place, who, reason: decoded.reason }
      : {
          place,
          ...(id !== undefined && { id }),
          ...(email !== undefined && { email }),
          ...(textField(user.name) && { displayName: textField(user.name) as string }),
          ...defaults,
          secret: decoded.secret,
          warnings: [...decoded.warnings, ...others.map((kind) => `The ${kind} factor is not imported.`)],
        };
  });
}

/** One object per user; Auth0 keeps one totp factor, so the others of a person follow it in the list. */
function usersOf(entries: Written[]): object[] {
  return groupedBy(entries, ({ id }) => id).map((own) => {
    const [{ id, email, displayName }] = own as [Written];
    const mfa_factors = own.map(({ secret }) => ({ totp: { secret: encodeBase32(secret) } }));
    return { user_id: id, email, ...(displayName && { name: displayName }), mfa_factors };
  });
}

/** As many files as it takes for each to stay within what Auth0 accepts. */
function filesOf(users: object[]): string[] {
  const files: string[][] = [[]];
  let size = 0;
  for (const user of users) {
    const line = JSON.stringify(user);
    const bytes = Buffer.byteLength(line) + 2;
    if (size + bytes > maxBytes - 10) {
      files.push([]);
      size = 0;
    }
    files.at(-1)?.push(line);
    size += bytes;
  }
  return files.map((lines) => `[\n${lines.join(',\n')}\n]\n`);
}
