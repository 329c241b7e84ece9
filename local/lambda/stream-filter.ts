/** Event filters of a stream's mapping: which records a function gets. */

type Rule = (value: unknown) => boolean;
type Pattern = Record<string, unknown>;

/** The record's parts that a filter may ask about. Lambda accepts others and then lets nothing through. */
const filterable = ['dynamodb', 'eventName'];

/**
 * Reads a filter's pattern, the JSON of an `AWS::Lambda::EventSourceMapping`: every key must match, a list matches if one
 * of its rules does. Throws an error that names the part that this runner does not know.
 */
export function readFilter(patternJson: string): Rule {
  const pattern = JSON.parse(patternJson) as Pattern;
  for (const key of Object.keys(pattern)) {
    if (!filterable.includes(key)) {
      throw new Error(
        `A stream's filter asks for ${key}; Lambda filters by ${filterable.join(' and ')} alone.`,
      );
    }
  }
  return ruleOfPattern(pattern);
}

function ruleOfPattern(pattern: Pattern): Rule {
  const rules = Object.entries(pattern).map(([key, part]) => {
    const rule = Array.isArray(part) ? anyOf(part.map(ruleOf)) : ruleOfPattern(part as Pattern);
    return (value: unknown) => rule((value as Pattern | undefined)?.[key]);
  });
  return (value) =>
    Array.isArray(value)
      ? value.some((each) => rules.every((rule) => rule(each)))
      : rules.every((rule) => rule(value));
}

/** A list in the record matches if one of its elements does. */
function anyOf(rules: Rule[]): Rule {
  return (value) => (Array.isArray(value) ? value : [value]).some((each) => rules.some((rule) => rule(each)));
}

const operators: Record<string, (operand: never) => Rule> = {
  exists: (wanted: boolean) => (value) => (value !== undefined) === wanted,
  prefix: (start: string) => (value) => typeof value === 'string' && value.startsWith(start),
  suffix: (end: string) => (value) => typeof value === 'string' && value.endsWith(end),
  'anything-but': (not: unknown) => (value) => value !== undefined && ![not].flat().includes(value),
  numeric: (comparisons: (string | number)[]) => (value) =>
    typeof value === 'number' && pairsOf(comparisons).every(([sign, limit]) => compare(value, sign, limit)),
};

function ruleOf(rule: unknown): Rule {
  if (typeof rule !== 'object' || rule === null) {
    return (value) => value === rule;
  }
  const [name = '', operand] = Object.entries(rule)[0] ?? [];
  const operator = operators[name];
  if (!operator) {
    throw new Error(
      `A stream's filter uses "${name}", which npm start does not know: see local/lambda/stream-filter.ts.`,
    );
  }
  return operator(operand as never);
}

function pairsOf(list: (string | number)[]): [string, number][] {
  return list.length === 0 ? [] : [[String(list[0]), Number(list[1])], ...pairsOf(list.slice(2))];
}

function compare(value: number, sign: string, limit: number): boolean {
  const signs: Record<string, boolean> = {
    '=': value === limit,
    '<': value < limit,
    '<=': value <= limit,
    '>': value > limit,
    '>=': value >= limit,
  };
  return signs[sign] ?? false;
}
