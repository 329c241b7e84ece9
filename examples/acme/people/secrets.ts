/** Random secrets that Acme gives out, of which it keeps the hash alone. */
import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits, URL-safe. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(9).toString('base64url')}`;
}

/** What is stored of a secret with that much entropy: its SHA-256. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
