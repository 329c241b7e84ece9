/**
 * `otpauth://totp/...` URIs, one a line: what authenticator apps export, and what most systems can print. `new URL` is no
 * help here: it keeps the case of the host, leaves the path encoded, and reads `+` as a space.
 */
import { defaults, type Entry, type Format, type Read, type Unusable, type Written } from './format.ts';
import { decodeBase32, encodeBase32 } from './secrets.ts';

/** How spaces are written in the query: as `%20` (Key URI Format), or as `+` too (form encoding, as Go writes it). */
type Query = 'uri' | 'form';

/** Our own parameter: the user's id, so that what was exported is imported again without a list of users. */
const idParameter = 'user';

export const otpauth: Format = {
  name: 'otpauth',
  about: 'otpauth:// URIs, one a line',
  extension: 'txt',
  read: (texts) => linesOf(texts).map(({ text, place }) => readOtpauth(text, place, 'uri')),
  write: (entries, issuer) => [entries.map((entry) => `${writeOtpauth(entry, issuer)}\n`).join('')],
};

/** The lines of all files that are neither empty nor a comment, with their numbers. */
export function linesOf(texts: string[]): { text: string; place: string }[] {
  return texts.flatMap((text) =>
    text
      .split(/\r?\n/)
      .map((line, index) => ({ text: line.trim(), place: `line ${index + 1}` }))
      .filter((line) => line.text !== '' && !line.text.startsWith('#')),
  );
}

const shape = /^otpauth:\/\/([^/?#]*)\/?([^?#]*)(?:\?([^#]*))?$/i;

/** One URI. The issuer parameter and the one in the label may differ: neither decides anything. */
export function readOtpauth(uri: string, place: string, query: Query): Read {
  const [, type = '', label = '', rawQuery = ''] = shape.exec(uri) ?? [];
  if (!shape.test(uri)) {
    const reason = uri.startsWith('steam:')
      ? 'Steam codes are no TOTP that other apps know. Leave it out: the person sets up an authenticator.'
      : 'This is no otpauth:// URI.';
    return { place, who: '', reason };
  }
  const account = accountOf(label);
  if (type.toLowerCase() !== 'totp') {
    const reason = `This is a ${JSON.stringify(type)} secret; Countersign checks TOTP. Leave it out: the person sets up an authenticator.`;
    return { place, who: account, reason };
  }
  return entryOf(parametersOf(rawQuery, query), account, place);
}

function entryOf(parameters: Map<string, string>, account: string, place: string): Entry | Unusable {
  const decoded = decodeBase32(parameters.get('secret') ?? '');
  if ('reason' in decoded) {
    return { place, who: account, reason: decoded.reason };
  }
  const id = parameters.get(idParameter);
  return {
    place,
    login: account,
    ...(id !== undefined && { id, email: account }),
    ...decoded,
    algorithm: parameters.get('algorithm') ?? defaults.algorithm,
    digits: numberOf(parameters.get('digits'), defaults.digits),
    periodSeconds: numberOf(parameters.get('period'), defaults.periodSeconds),
  };
}

/** Not a number is not the default: it is refused later, by the name that it has. */
const numberOf = (text: string | undefined, absent: number): number =>
  text === undefined || text === '' ? absent : Number(text);

/** The part of the label after the issuer: split at a literal colon first, and only without one at an encoded one. */
function accountOf(label: string): string {
  const halves = label.includes(':') ? label.split(/:(.*)/s) : label.split(/%3a(.*)/is);
  return decoded(halves.length > 1 ? (halves[1] ?? '') : (halves[0] ?? '')).trim();
}

function parametersOf(rawQuery: string, query: Query): Map<string, string> {
  const pairs = rawQuery.split('&').filter((pair) => pair !== '');
  return new Map(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      return [decoded(name).toLowerCase(), decoded(query === 'form' ? value.replaceAll('+', ' ') : value)];
    }),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The URI of one authenticator, as the Key URI Format has it, with the user's id. */
export function writeOtpauth({ id, email, secret }: Written, issuer: string): string {
  const part = (text: string) => encodeURIComponent(text.replaceAll(':', ' ').trim());
  const parameters = [
    `secret=${encodeBase32(secret)}`,
    `issuer=${part(issuer)}`,
    'algorithm=SHA1&digits=6&period=30',
    `${idParameter}=${encodeURIComponent(id)}`,
  ];
  return `otpauth://totp/${part(issuer)}:${part(email)}?${parameters.join('&')}`;
}
