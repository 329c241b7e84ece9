/** Whether some order of the requests explains all answers and what is in the table afterwards. */
import { type Op, type State, statesAfter, textOf } from './model.ts';

/** What the table says of a person; the codes of a batch by their number alone, since only their hashes are there. */
export type Observed = {
  apps: Readonly<Record<string, number>>;
  recoveryCodes: number;
  devices: number;
  failures: number;
  consecutive: number;
  recoveryConsecutive: number;
  /** Of the challenges that were asked for, those that have passed. */
  passed: readonly string[];
  owesEnrolment: boolean;
};

/** What an observer would see of a state. */
export function seen(state: State, challenges: readonly string[]): Observed {
  return {
    apps: state.apps,
    recoveryCodes: state.recovery ? 10 - state.recovery.spent.length : 0,
    devices: state.devices.length,
    failures: state.failures,
    consecutive: state.consecutive,
    recoveryConsecutive: state.recoveryConsecutive,
    passed: challenges.filter((each) => each in state.passed).sort(),
    owesEnrolment: state.owesEnrolment,
  };
}

/**
 * Every state that one of `before` can have become by these requests of one person, in any order that keeps what was
 * answered before something else was asked. A request without an answer may have happened or not.
 */
export function reachable(before: readonly State[], ops: readonly Op[]): State[] {
  const found = new Map<string, State>();
  const visited = new Set<string>();
  const visit = (state: State, left: readonly Op[]): void => {
    const here = `${left.map(({ id }) => id)} ${textOf(state)}`;
    if (visited.has(here)) {
      return;
    }
    visited.add(here);
    if (left.every(({ outcome }) => outcome === 'unknown')) {
      found.set(textOf(state), state);
    }
    const firstAnswerMs = Math.min(...left.map(({ answeredAtMs }) => answeredAtMs));
    for (const op of left.filter(({ invokedAtMs }) => invokedAtMs <= firstAnswerMs)) {
      const rest = left.filter((each) => each !== op);
      for (const next of statesAfter(state, op)) {
        visit(next, rest);
      }
    }
  };
  for (const state of before) {
    visit(state, ops);
  }
  return [...found.values()];
}

export type Verdict = { states: State[]; violation?: string };

/** The states that explain one person's wave; a violation where there is none. */
export function explain(before: readonly State[], ops: readonly Op[], observed: Observed): Verdict {
  const challenges = [...new Set(ops.flatMap(({ challenge }) => challenge ?? []))];
  const after = reachable(before, ops);
  if (after.length === 0) {
    return { states: [], violation: 'No order of these requests explains their answers.' };
  }
  const text = (what: Observed) => textOf(what as never);
  const states = after.filter((state) => text(seen(state, challenges)) === text(observed));
  if (states.length > 0) {
    return { states };
  }
  const expected = [...new Set(after.map((state) => text(seen(state, challenges))))];
  return {
    states: [],
    violation: `The table holds a state that no order of these requests reaches.\n  holds   ${text(observed)}\n  reaches ${expected.slice(0, 6).join('\n          ')}`,
  };
}

/** Tokens of one challenge that are not the same one: it passed twice, whatever the table says. */
export function passedTwice(ops: readonly Op[]): string | undefined {
  const tokens = new Map<string, string>();
  for (const { challenge, jti } of ops) {
    if (challenge === undefined || jti === undefined) {
      continue;
    }
    const first = tokens.get(challenge) ?? jti;
    if (first !== jti) {
      return `Two result tokens for the challenge ${challenge}.`;
    }
    tokens.set(challenge, first);
  }
  return undefined;
}

/** How many requests of a history asked for a code that another one asked for at the same time. */
export function racedCodes(ops: readonly Op[]): number {
  const asked = new Map<string, Op[]>();
  for (const op of ops.filter(({ spends }) => spends && spends.method !== 'guess')) {
    const code = `${op.user} ${op.spends?.method === 'email' ? op.challenge : JSON.stringify(op.spends)}`;
    asked.set(code, [...(asked.get(code) ?? []), op]);
  }
  return [...asked.values()].filter((same) => same.length > 1).flat().length;
}
