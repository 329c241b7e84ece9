/** Judging a code that was sent, by whatever channel. */
import type { SentMethod } from '../state/methods.ts';
import { withMailbox } from './email.ts';
import type { CodeAttempt, Judge } from './factor.ts';
import { codeScope, codeText, destinationOf, matchesSentCode, memoryOf, withMemory } from './places.ts';

/** A right code takes every code of its place with it. The first that was mailed proves the mailbox. */
export const judgeSentCode: Judge<CodeAttempt<SentMethod>, 'seal'> = async (
  { user },
  place,
  { method, code },
  { seal },
  { nowMs },
) => {
  const { codes, ...memory } = memoryOf(user, place, nowMs);
  const macs = await seal.macs(codeText(codeScope(user, place, method), code));
  if (!matchesSentCode(codes ?? [], method, macs, nowMs)) {
    return 'incorrect';
  }
  const spent = withMemory(user, place, memory, nowMs);
  const provesMailbox = method === 'email' && user.provenEmail === undefined;
  return { spent: provesMailbox ? withMailbox(spent, destinationOf(user, place, method)) : spent };
};
