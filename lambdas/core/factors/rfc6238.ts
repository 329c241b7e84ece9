/** Time-based one-time passwords, RFC 6238: SHA-1, 6 digits, 30 seconds. */
// The parts of otplib, because the whole brings cryptography of its own beside that of Node.
import { createGuardrails } from '@otplib/core';
import { ScureBase32Plugin } from '@otplib/plugin-base32-scure';
import { crypto } from '@otplib/plugin-crypto-node';
import { verifySync } from '@otplib/totp';
import { generateTOTP } from '@otplib/uri';
import { limits } from '../state/limits.ts';

const { periodSeconds } = limits.totp;
const base32 = /* @__PURE__ */ new ScureBase32Plugin();
/** Secrets of other systems move in from 80 bits on, which otplib by itself refuses to check. */
const guardrails = /* @__PURE__ */ createGuardrails({ MIN_SECRET_BYTES: limits.imports.secretBytes.least });

export type TotpMatch = { timeStep: number; used: boolean };

/**
 * Which time step of the window a 6-digit code belongs to, and whether that step is used: at or below `lastTimeStep`,
 * the last one accepted (RFC 6238 5.2). Undefined when no step of the window gives the code. The window is the previous,
 * the current and the next step, or with `strict` the current one alone.
 */
export function matchTotp(
  secret: Uint8Array,
  code: string,
  nowMs: number,
  lastTimeStep: number,
  strict: boolean,
): TotpMatch | undefined {
  const epoch = Math.floor(nowMs / 1000);
  const options = {
    secret,
    token: code,
    epoch,
    epochTolerance: strict ? 0 : periodSeconds,
    crypto,
    guardrails,
  };
  const newest = Math.floor(epoch / periodSeconds) + (strict ? 0 : 1);
  // otplib throws when the last step is ahead of the whole window; every step of the window is used then.
  const fresh =
    lastTimeStep <= newest ? verifySync({ ...options, afterTimeStep: Math.max(lastTimeStep, 0) }) : undefined;
  const any = verifySync(options);
  if (fresh?.valid) {
    return { timeStep: timeStepOf(fresh), used: false };
  }
  return any.valid ? { timeStep: timeStepOf(any), used: true } : undefined;
}

/**
 * By how many minutes, 1 to 10, the clock behind a code that is right no more seems to be slow; undefined for any other code,
 * and for one of a step that is used, which was only kept. Clocks that are fast are not named: such a code passes in a minute,
 * and whoever guessed it would know.
 */
export function slowMinutes(
  secret: Uint8Array,
  code: string,
  nowMs: number,
  lastTimeStep: number,
): number | undefined {
  const epoch = Math.floor(nowMs / 1000);
  const now = Math.floor(epoch / periodSeconds);
  if (lastTimeStep >= now) {
    return undefined;
  }
  const match = verifySync({
    secret,
    token: code,
    epoch,
    epochTolerance: [limits.totp.slowSeconds, 0],
    crypto,
    guardrails,
    afterTimeStep: Math.max(lastTimeStep, 0),
  });
  return match.valid ? Math.max(1, Math.round(((now - timeStepOf(match)) * periodSeconds) / 60)) : undefined;
}

/** otplib's result type covers HOTP too, which has no time step; a TOTP match always has one. */
const timeStepOf = (match: object): number => (match as { timeStep: number }).timeStep;

export const base32Secret = (secret: Uint8Array): string => base32.encode(secret);

/**
 * The otpauth URI that authenticator apps scan (Key URI Format): `issuer` and `account` without the colon that separates
 * them in the label.
 */
export function otpauthUri(issuer: string, account: string, secret: Uint8Array): string {
  return generateTOTP({
    issuer: otpauthPart(issuer),
    label: otpauthPart(account),
    secret: base32Secret(secret),
  });
}

/** A part of the URI: without the colon that separates them, and short enough that the QR code reads on a small screen. */
function otpauthPart(text: string): string {
  let part = '';
  for (const character of text.toWellFormed().replaceAll(':', ' ').trim()) {
    if (encodeURIComponent(part + character).length > limits.totp.otpauthPartBytes) {
      break;
    }
    part += character;
  }
  return part.trim();
}

/** A label as shown in lists: one line, no control characters, at most 64 characters. */
export function authenticatorLabel(label: string | undefined): string {
  const line = (label ?? '')
    .toWellFormed()
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim();
  return [...line].slice(0, limits.totp.labelLength).join('') || 'Authenticator app';
}
