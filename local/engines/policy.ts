/** IAM on the laptop: whether a role's statements allow a call. */
import type { Access } from './front.ts';

export type Statement = {
  Effect: 'Allow' | 'Deny';
  Action?: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
};
type Request = Pick<Access, 'action' | 'resources' | 'context'>;
type Context = Access['context'];

/** The condition keys that the engines fill in; a condition on any other one is never met. */
const knownKey =
  /^(dynamodb:LeadingKeys|kms:EncryptionContext:.+|kms:EncryptionContextKeys|kms:DataKeyPairSpec|ses:FromAddress)$/;

/**
 * Whether the statements allow the request: one allows it and none denies it.
 * What this evaluator does not understand (`NotAction`, an unknown operator or condition key) never allows,
 * and always denies where the statement is a denial.
 */
export function allows(statements: readonly Statement[], request: Request): boolean {
  const about = statements.filter((statement) => isAbout(statement, request));
  const denied = about.some(
    (statement) => statement.Effect === 'Deny' && conditionOf(statement, request.context) !== 'unmet',
  );
  return (
    !denied &&
    about.some(
      (statement) => statement.Effect === 'Allow' && conditionOf(statement, request.context) === 'met',
    )
  );
}

function isAbout(statement: Statement, { action, resources }: Request): boolean {
  // A denial by NotAction or NotResource is taken to be about everything.
  const denies = statement.Effect === 'Deny';
  const actions =
    statement.Action === undefined ? denies : matches(statement.Action, action.toLowerCase(), true);
  const resource =
    statement.Resource === undefined
      ? denies
      : resources.some((each) => matches(statement.Resource as string | string[], each));
  return actions && resource;
}

function conditionOf({ Condition = {} }: Statement, context: Context): 'met' | 'unmet' | 'unknown' {
  const verdicts = Object.entries(Condition).flatMap(([operator, tests]) =>
    Object.entries(tests).map(([key, wanted]) => verdictOf(operator, [wanted].flat(), key, context)),
  );
  if (verdicts.includes('unknown')) {
    return 'unknown';
  }
  return verdicts.every((verdict) => verdict === 'met') ? 'met' : 'unmet';
}

function verdictOf(
  operator: string,
  wanted: string[],
  key: string,
  context: Context,
): 'met' | 'unmet' | 'unknown' {
  const [, set, comparison] =
    /^(?:(ForAllValues|ForAnyValue):)?(StringEquals|StringLike)$/.exec(operator) ?? [];
  if (!comparison || !knownKey.test(key)) {
    return 'unknown';
  }
  const values = context[key] ?? [];
  const isWanted = (value: string) =>
    comparison === 'StringLike' ? matches(wanted, value) : wanted.includes(value);
  // As IAM has it, ForAllValues is met by a request that does not have the key.
  if (set === 'ForAllValues') {
    return values.every(isWanted) ? 'met' : 'unmet';
  }
  if (set === 'ForAnyValue') {
    return values.some(isWanted) ? 'met' : 'unmet';
  }
  return values.length === 1 && values.every(isWanted) ? 'met' : 'unmet';
}

function matches(patterns: string | string[], value: string, ignoreCase = false): boolean {
  return [patterns]
    .flat()
    .some((pattern) => wildcard(ignoreCase ? pattern.toLowerCase() : pattern).test(value));
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
}
