/**
 * Google Authenticator's export: QR codes with `otpauth-migration://offline?data=...`, base64 of a protobuf message. Many
 * authenticators are spread over several codes of one batch.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { type Entry, FileRefused, type Format, groupedBy, type Read } from './format.ts';
import { linesOf } from './otpauth.ts';

export const googleAuthenticator: Format = {
  name: 'google-authenticator',
  about: "Google Authenticator's export: the otpauth-migration:// text of every QR code, one a line",
  extension: 'txt',
  read: (texts) => {
    const parts = linesOf(texts).map(({ text, place }) => readPart(text, place));
    mustBeComplete(parts);
    // A code that was scanned twice is one.
    const once = new Map(parts.map((part) => [`${part.batchId} ${part.batchIndex}`, part]));
    return [...once.values()].flatMap(({ entries, place }) =>
      entries.map((fields, index) => entryOf(fields, `${place}, authenticator ${index + 1}`)),
    );
  },
};

type Otp = { secret: Uint8Array; name: string; algorithm: number; digits: number; type: number };
type Part = { place: string; entries: Otp[]; batchSize: number; batchIndex: number; batchId: number };

function readPart(uri: string, place: string): Part {
  const [, data] = /^otpauth-migration:\/\/offline\/?\?(?:.*&)?data=([^&#]*)/i.exec(uri) ?? [];
  if (data === undefined) {
    throw new FileRefused(`${place}: this is no otpauth-migration:// text of a QR code.`);
  }
  // Decoded by hand: an unescaped `+` of base64 is a `+`, and where a reader made a space of it, it was one.
  const base64 = percentDecoded(data).replaceAll(' ', '+');
  try {
    return { place, ...readPayload(new BinaryReader(new Uint8Array(Buffer.from(base64, 'base64')))) };
  } catch {
    throw new FileRefused(`${place}: the QR code's text is damaged.`);
  }
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** MigrationPayload: 1 otp_parameters, 2 version, 3 batch_size, 4 batch_index, 5 batch_id. What is absent is 0. */
function readPayload(reader: BinaryReader): Omit<Part, 'place'> {
  const part: Omit<Part, 'place'> = { entries: [], batchSize: 0, batchIndex: 0, batchId: 0 };
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === WireType.LengthDelimited) {
      part.entries.push(readOtp(new BinaryReader(reader.bytes())));
    } else if (field === 3) {
      part.batchSize = reader.int32();
    } else if (field === 4) {
      part.batchIndex = reader.int32();
    } else if (field === 5) {
      part.batchId = reader.int32();
    } else {
      reader.skip(wireType, field);
    }
  }
  return part;
}

/** OtpParameters: 1 secret, 2 name, 3 issuer, 4 algorithm, 5 digits, 6 type, 7 counter. */
function readOtp(reader: BinaryReader): Otp {
  const otp: Otp = { secret: new Uint8Array(), name: '', algorithm: 0, digits: 0, type: 0 };
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) {
      otp.secret = new Uint8Array(reader.bytes());
    } else if (field === 2) {
      otp.name = reader.string();
    } else if (field === 4) {
      otp.algorithm = reader.int32();
    } else if (field === 5) {
      otp.digits = reader.int32();
    } else if (field === 6) {
      otp.type = reader.int32();
    } else {
      reader.skip(wireType, field);
    }
  }
  return otp;
}

/** A QR code that was not scanned is people who are missed. */
function mustBeComplete(parts: Part[]): void {
  for (const batch of groupedBy(parts, ({ batchId }) => String(batchId))) {
    const size = Math.max(1, ...batch.map(({ batchSize }) => batchSize));
    const seen = new Set(batch.map(({ batchIndex }) => batchIndex));
    const missing = Array.from({ length: size }, (_, index) => index).filter((index) => !seen.has(index));
    if (missing.length > 0) {
      const numbers = missing.map((index) => index + 1).join(', ');
      throw new FileRefused(
        `The export has ${size} QR codes; ${numbers} ${missing.length === 1 ? 'is' : 'are'} missing.`,
      );
    }
  }
}

/** The enumerations of the message; 0 is "unspecified", which is SHA-1, 6 digits and TOTP. */
const algorithms = ['SHA1', 'SHA1', 'SHA256', 'SHA512', 'MD5'];
const digits = [6, 6, 8];
const types = ['TOTP', 'HOTP', 'TOTP'];

function entryOf(otp: Otp, place: string): Read {
  const account = otp.name.includes(':') ? otp.name.slice(otp.name.indexOf(':') + 1).trim() : otp.name;
  const type = types[otp.type] ?? `type ${otp.type}`;
  if (type !== 'TOTP') {
    const reason = `This is a ${type} secret; Countersign checks TOTP. Leave it out: the person sets up an authenticator.`;
    return { place, who: account, reason };
  }
  return {
    place,
    login: account,
    secret: otp.secret,
    algorithm: algorithms[otp.algorithm] ?? `algorithm ${otp.algorithm}`,
    digits: digits[otp.digits] ?? otp.digits,
    periodSeconds: 30,
    warnings: [],
  } satisfies Entry;
}
