/** What a step-up may name and show. */
import * as z from 'zod/mini';
import { limits } from './core/state/limits.ts';
import { pattern, visibleText } from './fields.ts';

/** The name of an act that a step-up confirms. */
export const actionName = pattern(/^[a-z][a-z0-9._-]{0,63}$/, 'must be a name such as transfer.create');

/**
 * What a step-up shows of its act: names and values that people can read, as they are. Nothing is trimmed or left out, for
 * the token's hash covers what was sent.
 */
export const actionDetails = z.pipe(
  z.transform((details: Record<string, string>, context) => {
    // A record would leave this name out without a word.
    if (Object.hasOwn(Object(details), '__proto__')) {
      context.issues.push({ code: 'custom', message: 'may not name __proto__', input: details });
    }
    return details;
  }),
  z.record(z.string(), z.string()).check((context) => {
    const entries = Object.entries(context.value);
    const bytes = entries.flat().reduce((sum, part) => sum + Buffer.byteLength(JSON.stringify(part)) - 2, 0);
    const refused =
      entries.length > limits.action.details || bytes > limits.action.bytes
        ? 'may hold at most 10 texts of 1 KB together'
        : entries.flat().some((part) => !isVisible(part)) &&
          'must hold one-line texts without control characters';
    if (refused) {
      context.issues.push({ code: 'custom', message: refused, input: context.value });
    }
  }),
);

const shown = visibleText(limits.action.bytes);
const isVisible = (part: string): boolean => shown.safeParse(part).data === part;
