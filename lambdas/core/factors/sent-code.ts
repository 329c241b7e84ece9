/** Judging a code that was sent, by whatever channel. */
import type { SentMethod } from '../state/methods.ts';
import type { CodeAttempt, Judge } from './factor.ts';
import { codeScope, codeText, matchesSentCode, memoryOf, withMemory } from './places.ts';

/** A right code takes every code of its place with it. */
export const judgeSentCode: Judge<CodeAttempt<SentMethod>, 'seal'> = async (
  { user },
  place,
  { method, code },
  { seal },
  { nowMs },
) => {
  const { codes, ...memory } = memoryOf(user, place, nowMs);
  const macs = await seal.macs(codeText(codeScope(user, place), code));
  return matchesSentCode(codes ?? [], method, macs, nowMs)
    ? { spent: withMemory(user, place, memory, nowMs) }
    : 'incorrect';
};
