/**
 * better-auth: the rows of its tables `user` and `twoFactor`, as JSON. Its TOTP key is the UTF-8 bytes of a text, not
 * base32, and both secret and backup codes are sealed with XChaCha20-Poly1305 under its own secrets.
 */
import { createHash } from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import {
  type BetterAuthSecrets,
  defaults,
  FileRefused,
  type Format,
  jsonOf,
  objectOf,
  type Read,
  textField,
} from './format.ts';
import { decodeBase32 } from './secrets.ts';

const nonceBytes = 24;

export const betterAuth: Format = {
  name: 'better-auth',
  about: 'better-auth: {"user": [...], "twoFactor": [...]}, the rows of both tables',
  extension: 'json',
  read: (texts, { betterAuthSecrets }) => {
    if (!betterAuthSecrets) {
      throw new FileRefused(
        'better-auth seals what it stores: name the file with its secrets by --better-auth-secrets FILE.',
      );
    }
    return texts.flatMap((text) => readTables(jsonOf(text), betterAuthSecrets));
  },
};

/**
 * The secrets of a better-auth installation, as its environment has them: `BETTER_AUTH_SECRETS`'s `2:new,1:old`, and
 * `BETTER_AUTH_SECRET` alone on a line of its own. Variable names in front are read over.
 */
export function readBetterAuthSecrets(text: string): BetterAuthSecrets {
  const secrets: BetterAuthSecrets = { byVersion: new Map() };
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim().replace(/^(export\s+)?BETTER_AUTH_SECRETS?\s*=\s*/, ''));
  for (const line of lines.filter((one) => one !== '' && !one.startsWith('#'))) {
    const value = line.replace(/^(["'])(.*)\1$/, '$2');
    const versions = value.split(',').map((part) => /^\s*(\d+):(.+?)\s*$/.exec(part));
    if (versions.every((match) => match !== null)) {
      for (const [, version, secret] of versions) {
        secrets.byVersion.set(Number(version), secret as string);
      }
    } else {
      secrets.current = value;
    }
  }
  if (secrets.current === undefined && secrets.byVersion.size === 0) {
    throw new FileRefused('The file of better-auth secrets is empty.');
  }
  return secrets;
}

function readTables(json: unknown, secrets: BetterAuthSecrets): Read[] {
  const { user, twoFactor } = objectOf(json);
  if (!Array.isArray(user) || !Array.isArray(twoFactor)) {
    throw new FileRefused('The file must have the arrays "user" and "twoFactor".');
  }
  const users = new Map(user.map(objectOf).map((row) => [String(row.id), row]));
  return twoFactor.map(objectOf).map((row, index): Read => {
    const place = `twoFactor ${index + 1}`;
    const id = String(row.userId ?? row.user_id);
    const owner = users.get(id);
    const who = textField(owner?.email) ?? id;
    if (!owner) {
      return { place, who, reason: 'No row in "user" has this id.' };
    }
    // An enrolment that was begun and never confirmed opens nothing there either.
    if (row.verified === false || row.verified === 0) {
      return { place, who, reason: 'The authenticator was never confirmed.' };
    }
    return readRow(row, { id, who, place, name: textField(owner.name) }, secrets);
  });
}

function readRow(
  row: Record<string, unknown>,
  { id, who, place, name }: { id: string; who: string; place: string; name: string | undefined },
  secrets: BetterAuthSecrets,
): Read {
  const text = unseal(textField(row.secret) ?? '', secrets);
  if (text === undefined) {
    return { place, who, reason: 'The secret does not open with any of the better-auth secrets given.' };
  }
  const decoded = text.startsWith('base32:')
    ? decodeBase32(text.slice('base32:'.length))
    : { secret: new Uint8Array(Buffer.from(text, 'utf8')), warnings: [] };
  if ('reason' in decoded) {
    return { place, who, reason: decoded.reason };
  }
  const codes = backupCodesOf(textField(row.backupCodes ?? row.backup_codes) ?? '[]', secrets);
  return {
    place,
    id,
    email: who,
    ...(name !== undefined && { displayName: name }),
    ...defaults,
    secret: decoded.secret,
    ...(codes && codes.length > 0 && { recoveryCodes: codes }),
    warnings: codes
      ? decoded.warnings
      : [...decoded.warnings, 'The backup codes do not open; they are left out.'],
  };
}

/** Plain JSON, sealed once, or sealed twice: releases differ. Undefined where none of it gives a list. */
function backupCodesOf(stored: string, secrets: BetterAuthSecrets): string[] | undefined {
  let text: string | undefined = stored;
  for (let layer = 0; layer <= 2 && text !== undefined; layer += 1) {
    const codes = codesIn(text);
    if (codes) {
      return codes;
    }
    text = unseal(text, secrets);
  }
  return undefined;
}

function codesIn(text: string): string[] | undefined {
  try {
    const codes: unknown = JSON.parse(text);
    return Array.isArray(codes) ? codes.flatMap((code) => textField(code) ?? []) : undefined;
  } catch {
    return undefined;
  }
}

/** `$ba$<version>$<hex>`, or hex alone under whichever secret opens it. The tag tells which one that is. */
function unseal(sealed: string, { current, byVersion }: BetterAuthSecrets): string | undefined {
  const [, version, hex = sealed] = /^\$ba\$(\d+)\$([0-9a-f]+)$/i.exec(sealed) ?? [];
  const candidates =
    version === undefined ? [current, ...byVersion.values()] : [byVersion.get(Number(version)), current];
  for (const secret of candidates) {
    const opened = secret === undefined ? undefined : open(hex, secret);
    if (opened !== undefined) {
      return opened;
    }
  }
  return undefined;
}

function open(hex: string, secret: string): string | undefined {
  const sealed = new Uint8Array(Buffer.from(hex, 'hex'));
  if (!/^([0-9a-f]{2})+$/i.test(hex) || sealed.length <= nonceBytes) {
    return undefined;
  }
  const key = new Uint8Array(createHash('sha256').update(secret).digest());
  try {
    const cipher = xchacha20poly1305(key, sealed.subarray(0, nonceBytes));
    return new TextDecoder().decode(cipher.decrypt(sealed.subarray(nonceBytes)));
  } catch {
    return undefined;
  }
}
