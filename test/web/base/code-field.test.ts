import { expect, it } from 'vitest';
import { isRecoveryCode, isSixDigits, plainCode } from '../../../web/base/code-field.ts';

it.each([
  ['123 456', '123456'],
  [' 123\u00a0456\r\n', '123456'],
  ['123-456', '123456'],
  ['123\u2013456', '123456'],
  ['\u200e123456\u200f', '123456'],
  ['１２３４５６', '123456'],
])('blanks, dashes and marks are taken out of %j', (typed, code) => {
  expect(plainCode(typed)).toBe(code);
});

it.each([
  ['123456', true],
  ['12345', false],
  ['1234567', false],
  ['12345a', false],
  ['١٢٣٤٥٦', false],
])('%j is six digits: %s', (code, verdict) => {
  expect(isSixDigits(code)).toBe(verdict);
});

it.each([
  ['0123456789abcdef', true],
  ['0123456789ABCDEF', true],
  ['0123456789abcdeu', false],
  ['0123456789abcde', false],
  ['123456', false],
])('%j is a recovery code: %s', (code, verdict) => {
  expect(isRecoveryCode(code)).toBe(verdict);
});
