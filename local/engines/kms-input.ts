/** Reading the input of a KMS operation. */
import { AwsError } from './aws-error.ts';
import type { Json } from './front.ts';

export function contextOf(input: Json): Record<string, string> {
  return (input.EncryptionContext ?? {}) as Record<string, string>;
}

/** A string that must be there, or `ValidationException`. */
export function text(input: Json, name: string): string {
  const value = input[name];
  if (typeof value !== 'string' || value === '') {
    throw new AwsError('ValidationException', `${name} must not be empty`);
  }
  return value;
}

/** The bytes of a base64 field, 1 to `most` of them, or `ValidationException`. */
export function bytes(input: Json, name: string, most: number): Buffer {
  const value = Buffer.from(text(input, name), 'base64');
  if (value.length < 1 || value.length > most) {
    throw new AwsError('ValidationException', `${name} must have length between 1 and ${most}`);
  }
  return value;
}
