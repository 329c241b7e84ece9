/** Room that a flood on another route cannot take: the account's concurrent functions, shared out. */
import type { background, Flow } from '../lambdas/routes.ts';

/** Percent of the account's limit. What is left serves every other function: AWS wants at least 100 of it unreserved. */
const reservedPercent: Partial<Record<Flow | keyof typeof background, number>> = {
  'create-challenge': 15,
  'verify-challenge': 25,
  'send-code': 10,
  jwks: 5,
  'openid-configuration': 2,
  courier: 3,
};

/** The smallest limit that leaves AWS its 100: 40 % of it are unreserved. */
export const leastConcurrency = 250;

/** How many instances are kept for `name`, and at most run; undefined where it has no room of its own. */
export function reservedFor(
  name: Flow | keyof typeof background,
  accountConcurrency: number | undefined,
): number | undefined {
  const percent = reservedPercent[name];
  return accountConcurrency === undefined || percent === undefined
    ? undefined
    : Math.floor((accountConcurrency * percent) / 100);
}
