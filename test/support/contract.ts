/** What the routes table promises of an answer, checked on every call of every test. */
import { problemTypes } from '../../lambdas/edge/http/problems.ts';
import { type Flow, type Route, refusalsOf, routes } from '../../lambdas/routes.ts';

type Answer = { status: number; body: unknown; headers: Record<string, string> };

/** Throws unless the answer is the route's own, without an undeclared field, or a problem that the route declares. */
export function mustFitContract(flow: Flow, { status, body, headers }: Answer): void {
  const route: Route = routes[flow];
  const own = status === route.other?.status ? route.other.answer : route.answer;
  const isOwn = status === route.status || status === route.other?.status;
  const wrong = isOwn ? wrongAnswer(own, body) : wrongProblem(route, status, body, headers);
  if (wrong) {
    throw new Error(`${flow} answers ${status} against its contract: ${wrong}`);
  }
}

function wrongAnswer(answer: Route['answer'], body: unknown): string | undefined {
  if (!answer) {
    return body === undefined ? undefined : 'a body where none is declared';
  }
  const parsed = answer.safeParse(body);
  if (!parsed.success) {
    return `${JSON.stringify(parsed.error.issues)}`;
  }
  // A schema drops what it does not declare.
  return sameJson(parsed.data, body) ? undefined : `undeclared fields in ${JSON.stringify(body)}`;
}

function wrongProblem(route: Route, status: number, body: unknown, headers: Record<string, string>) {
  const { code, ...problem } = body as Record<string, unknown>;
  const declared = refusalsOf(route).find((one) => one === code);
  if (!declared) {
    return `undeclared refusal ${code}`;
  }
  if (problemTypes[declared].status !== status || problem.status !== status) {
    return `${code} is not a ${status}`;
  }
  return headers['content-type'] === 'application/problem+json' ? undefined : 'no problem+json';
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  return value !== null && typeof value === 'object'
    ? Object.fromEntries(
        Object.entries(value)
          .map(([key, one]) => [key, sorted(one)] as const)
          .sort(([one], [other]) => (one < other ? -1 : 1)),
      )
    : value;
};
const sameJson = (one: unknown, other: unknown) =>
  JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
