/**
 * The fields that requests are made of. Three kinds: what identifies or decides is checked strictly; what a person typed by
 * hand is cleaned first; what only describes is normalised or left out, and never stops a sign-in.
 */
import { domainToASCII } from 'node:url';
import * as z from 'zod/mini';
import { decodedBase32 } from './core/factors/base32.ts';
import { bitsOfCode } from './core/factors/recovery-code.ts';
import { isTimeZone } from './core/notices/mail-times.ts';
import { limits } from './core/state/limits.ts';

export const time = z.iso.datetime({ offset: true });
export const text = (max: number) => z.string().check(z.maxLength(max));
export const pattern = (regex: RegExp, error: string) =>
  z.string().check(z.maxLength(64), z.regex(regex, error));

/** A text that becomes another one, or is refused with a sentence. */
const becoming = (become: (text: string) => string | { refused: string }) =>
  z.pipe(
    z.string(),
    z.transform((given: string, context): string => {
      const became = become(given);
      if (typeof became === 'string') {
        return became;
      }
      context.issues.push({ code: 'custom', message: became.refused, input: given });
      return z.NEVER;
    }),
  );

/**
 * Ids come from the company's own systems and from identity providers, in whatever form those hand them out. `.` and `..`
 * are refused: clients fold them away from a path, so that nobody could be erased by them.
 */
export const externalId = z.string().check(
  z.minLength(1, 'must be 1 to 128 visible characters'),
  z.maxLength(128, 'must be 1 to 128 visible characters'),
  z.refine(
    (id) => id.isWellFormed() && !/[\s\p{C}]/u.test(id) && id !== '.' && id !== '..',
    'must be 1 to 128 visible characters, and neither . nor ..',
  ),
);
export const prefixedId = (prefix: string) =>
  pattern(new RegExp(`^${prefix}_[A-Za-z0-9_-]{1,32}$`), `must be an id such as ${prefix}_4f9x`);

const localPart = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+$/;
const domain =
  /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/**
 * An address as browsers take it (HTML, valid email address), its domain in ASCII form. Mail systems without SMTPUTF8
 * refuse a local part outside of ASCII, so it is refused here, where somebody can do something about it.
 */
export const email = becoming((given) => {
  const at = given.lastIndexOf('@');
  const local = given.slice(0, at);
  const ascii = domainToASCII(given.slice(at + 1));
  if (at < 1) {
    return { refused: 'must be an email address' };
  }
  if (/\P{ASCII}/u.test(local)) {
    return { refused: 'must have ASCII characters alone before the @: most mail systems take no others' };
  }
  return localPart.test(local) && domain.test(ascii) && given.length <= 254
    ? `${local}@${ascii}`
    : { refused: 'must be an email address' };
});

/** Spaces of any kind, dashes of any kind, line breaks, and characters that nobody sees. */
const decoration = /[\s\p{Z}\p{Pd}\u00ad\u200b-\u200d\u2060\ufeff]/gu;
const typed = (form: RegExp, refused: string) =>
  becoming((given) => {
    const bare = given.length <= 128 ? given.replace(decoration, '') : '';
    return form.test(bare) ? bare : { refused };
  });

/** A TOTP secret in base32, however it is written: 80 bits at least, and none left over that a person could not have typed. */
export const totpSecret = z.pipe(
  z.string().check(z.maxLength(512)),
  z.transform((given: string, context): Uint8Array => {
    const decoded = decodedBase32(given);
    const refused = 'wrong' in decoded ? 'must be base32' : unfit(decoded.bytes);
    if (refused !== undefined || 'wrong' in decoded) {
      context.issues.push({ code: 'custom', message: refused as string, input: given });
      return z.NEVER;
    }
    return decoded.bytes;
  }),
);
const { least, most } = limits.imports.secretBytes;
const unfit = ({ length }: Uint8Array): string | undefined =>
  length < least || length > most ? `must have ${least * 8} to ${most * 8} bits` : undefined;

/** A recovery code of another system: letters and digits, and enough of them that nobody guesses it. */
export const foreignRecoveryCode = becoming((given) => {
  const bare = given.length <= 128 ? given.replace(decoration, '') : '';
  if (!/^[0-9A-Za-z]{16,64}$/.test(bare)) {
    return { refused: 'must be 16 to 64 letters and digits' };
  }
  const { recoveryCodeBits } = limits.imports;
  return bitsOfCode(bare) >= recoveryCodeBits
    ? bare
    : { refused: `must be worth ${recoveryCodeBits} bits at least` };
});

export const sixDigits = typed(/^[0-9]{6}$/, 'must be 6 digits');
/** Ours have 16 characters; those that moved in from another system may have more. */
export const recoveryCode = typed(/^[0-9A-Za-z]{16,64}$/, 'must be the characters of a recovery code');
export const temporaryCode = typed(
  /^[0-9A-TV-Za-tv-z]{10}$/,
  'must be the 10 characters of a temporary code',
);
/** As it is shown. */
export const newTemporaryCode = pattern(/^[0-9a-hjkmnp-tv-z]{10}$/, 'is no temporary code');
export const phone = typed(/^\+[1-9][0-9]{6,14}$/, 'must be an E.164 number such as +14155550100');

/** What cannot be shown: broken Unicode, control characters, line breaks. */
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;

/**
 * Text that people see: well-formed, one line, with something to read. `max` counts characters; `encodedBytes` what its
 * percent-encoded form may take, for a part of an `otpauth` URI.
 */
export const visibleText = (max: number, encodedBytes = Number.POSITIVE_INFINITY) =>
  becoming((given) => {
    const line = given.trim();
    if (!given.isWellFormed() || unseen.test(line.replace(/[\u200c\u200d]/g, ''))) {
      return { refused: 'must be one line without control characters' };
    }
    if (!/[\p{L}\p{N}\p{P}\p{S}]/u.test(line.replaceAll(':', ''))) {
      return { refused: 'must hold something to read' };
    }
    return [...line].length <= max && encodeURIComponent(line).length <= encodedBytes
      ? line
      : { refused: `may be at most ${Math.min(max, encodedBytes)} characters long, as encoded in a URI` };
  });

export const locale = becoming((given) => {
  try {
    const [canonical] = Intl.getCanonicalLocales(given.trim().replaceAll('_', '-').slice(0, 64));
    return canonical ?? { refused: 'must be a language tag such as de-CH' };
  } catch {
    return { refused: 'must be a language tag such as de-CH' };
  }
});
export const timeZone = becoming((given) =>
  given.length <= 64 && isTimeZone(given)
    ? given
    : { refused: 'must be an IANA time zone such as Europe/Berlin' },
);

/** A name as it can be shown: on one line, without what nobody sees, at most 200 characters. */
export const describedName = becoming((given) => {
  const line = given
    .toWellFormed()
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return [...line].slice(0, 200).join('') || { refused: 'holds nothing to read' };
});

/** One literal address, of IPv4 or IPv6. */
export const ipAddress = becoming((given) => {
  const bare = given.trim();
  return z.ipv4().safeParse(bare).success || z.ipv6().safeParse(bare).success
    ? bare
    : { refused: 'must be one IP address' };
});
export const userAgent = becoming((given) =>
  given
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 256),
);

/** A field that only describes: what does not fit is left out. `null` is absent. */
export const lenient = <S extends z.ZodMiniType>(field: S) => z.catch(z.optional(field), undefined);

/** Bytes in base64url without padding, as WebAuthn's JSON has them. */
export const base64url = (max: number) =>
  z.string().check(z.maxLength(max), z.regex(/^[A-Za-z0-9_-]+$/, 'must be base64url without padding'));

const knownTransports = new Set(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']);

/** How a browser reaches a passkey (WebAuthn 5.8.4); what is not known is left out. */
export const transports = lenient(
  z.pipe(
    z.array(z.unknown()),
    z.transform((values) => [
      ...new Set(
        values.filter((value): value is string => typeof value === 'string' && knownTransports.has(value)),
      ),
    ]),
  ),
);

/** The values of RFC 8176 2, and `pop` of OpenID EAP. */
const knownAmr = new Set(
  'face fpt geo hwk iris kba mca mfa otp pin pop pwd rba retina sc sms swk tel user vbm wia'.split(' '),
);

/** RFC 8176 values; anything else is left out and never becomes one. */
export const amr = lenient(
  z.pipe(
    z.array(z.unknown()),
    z.transform((values) => [
      ...new Set(values.filter((value): value is string => typeof value === 'string' && knownAmr.has(value))),
    ]),
  ),
);

/**
 * Where the hosted prompt sends the browser back to: an absolute http(s) URL without userinfo and fragment. Which origins
 * are allowed is the deployment's to say.
 */
export const returnTo = becoming((given) => {
  const refused = {
    refused: 'must be an absolute URL without userinfo and fragment, of at most 512 characters',
  };
  if (given.length > 512 || !/^https?:\/\/[^\\\s]+$/.test(given) || !URL.canParse(given)) {
    return refused;
  }
  const { username, password, hash, href } = new URL(given);
  return href.length <= 512 &&
    username === '' &&
    password === '' &&
    hash === '' &&
    !given.includes('#') &&
    !authority(given).includes('@')
    ? given
    : refused;
});

const authority = (url: string): string => /^https?:\/\/([^/?#]*)/.exec(url)?.[1] ?? '';
