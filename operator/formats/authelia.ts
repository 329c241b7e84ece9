/**
 * Authelia: what `authelia storage user totp export`, `... export csv` and `... export uri` write. Each writes the secret
 * another way: in the YAML it is base64 of the base32 text.
 */
import { parse, stringify } from 'yaml';
import { parseCsv } from './csv.ts';
import {
  arrayOf,
  type Entry,
  FileRefused,
  type Format,
  objectOf,
  type Read,
  textField,
  type Written,
} from './format.ts';
import { linesOf, readOtpauth } from './otpauth.ts';
import { decodeBase32, encodeBase32 } from './secrets.ts';

const columns = ['issuer', 'username', 'algorithm', 'digits', 'period', 'secret'];

export const authelia: Format = {
  name: 'authelia',
  about: "Authelia's export of TOTP configurations: YAML, csv or uri",
  extension: 'yml',
  read: (texts) => texts.flatMap(readExport),
  write: (entries, issuer) => [writeYaml(entries, issuer)],
};

/** Which of the three exports it is stands in its first line. */
function readExport(text: string): Read[] {
  if (/^\s*otpauth:/i.test(text)) {
    return linesOf([text]).map(({ text: uri, place }) => readOtpauth(uri, place, 'form'));
  }
  return /^\s*issuer,username,/.test(text) ? readCsv(text) : readYaml(text);
}

function readCsv(text: string): Read[] {
  const parsed = parseCsv(text);
  if (parsed.columns.join() !== columns.join()) {
    throw new FileRefused(`Authelia's csv has the columns ${columns.join(', ')}.`);
  }
  return parsed.rows.map((row, index) => entryOf(row, row.secret ?? '', `line ${index + 2}`));
}

function readYaml(text: string): Read[] {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new FileRefused(`The file is not YAML: ${(error as Error).message}`);
  }
  const list = objectOf(document).totp_configurations;
  if (!Array.isArray(list)) {
    throw new FileRefused('The file must have a list "totp_configurations", as Authelia exports it.');
  }
  return arrayOf(list).map((one, index) => {
    const row = objectOf(one);
    const base32 = Buffer.from(textField(row.secret) ?? '', 'base64').toString('utf8');
    return entryOf(row, base32, `entry ${index + 1}`);
  });
}

function entryOf(row: Record<string, unknown>, base32: string, place: string): Read {
  const account = textField(row.username) ?? '';
  const decoded = decodeBase32(base32);
  if ('reason' in decoded) {
    return { place, who: account, reason: decoded.reason };
  }
  const { secret, warnings } = decoded;
  return {
    place,
    login: account,
    secret,
    warnings,
    algorithm: textField(row.algorithm) ?? 'SHA1',
    digits: Number(row.digits),
    periodSeconds: Number(row.period),
  } satisfies Entry;
}

function writeYaml(entries: Written[], issuer: string): string {
  const totp_configurations = entries.map(({ id, secret }) => ({
    created_at: new Date(0).toISOString(),
    last_used_at: null,
    username: id,
    issuer,
    algorithm: 'SHA1',
    digits: 6,
    period: 30,
    secret: Buffer.from(encodeBase32(secret)).toString('base64'),
  }));
  return stringify({ totp_configurations });
}
