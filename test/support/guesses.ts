/** Codes that an attacker may send who does not know the right one. */
import { codeIn, type Deployment, type Reply, totpAt } from './deployment.ts';
import type { Person } from './person.ts';

/** Six digits that no time step near this person's present gives. */
export function wrongTotp(person: Person, nth = 0): string {
  const near = [-3, -2, -1, 0, 1, 2, 3].map((steps) => totpAt(person.secret, person.at + steps * 30_000));
  const all = Array.from({ length: nth + 8 }, (_, index) =>
    String((index * 7919 + 13) % 1_000_000).padStart(6, '0'),
  );
  return all.filter((code) => !near.includes(code))[nth] as string;
}

/** Six digits next to the right ones. */
export const nextTo = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

/** What an attacker can read off an answer: everything but the request's own id. */
export function visible({ status, body, headers }: Reply) {
  const { requestId: _id, ...rest } = body;
  const { 'x-request-id': _same, ...others } = headers;
  return { status, body: rest, headers: others };
}

/** Asks for a sign-in code by mail and reads it. */
export async function mailedTo(
  deployment: Deployment,
  person: Person,
  challengeToken: string,
): Promise<string> {
  const sent = await person.call('send-code', { body: { challengeToken, method: 'email' } });
  if (sent.status !== 202) {
    throw new Error(`not sent: ${JSON.stringify(sent.body)}`);
  }
  return codeIn(deployment.mails(person.email)[0]);
}

export const countOf = <T>(all: T[], of: (one: T) => boolean): number => all.filter(of).length;
