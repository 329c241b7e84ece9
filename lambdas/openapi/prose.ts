/** What the OpenAPI document says in words: who calls, and what a caller has to know of an operation. */
import type { Caller, Flow, Route } from '../routes.ts';

export const about =
  'Two-factor authentication in your own AWS account. Your back end calls after its first factor passed; the browser ' +
  'presents the second; Countersign answers with a signed token. Refusals are problem details (RFC 9457), and their `code` ' +
  'is the contract. Clients must accept fields in answers that they do not know.';

export const tags: Record<Caller, { name: string; description: string }> = {
  app: { name: 'App', description: "Your back end's calls, signed with AWS Signature Version 4." },
  operator: {
    name: 'Operator',
    description: 'Calls of your own staff and jobs, signed by roles of their own.',
  },
  challenge: {
    name: 'Sign-in',
    description: 'Calls of the browser during a sign-in; the challenge token is in the body.',
  },
  user: { name: 'Settings', description: "A person's own two-factor settings, with a user token as bearer." },
  user_or_enrolling: {
    name: 'Settings',
    description: "A person's own two-factor settings, with a user token as bearer.",
  },
  admin: {
    name: 'Desk',
    description: 'Administration of an account, with a user token of role `admin` or `support`.',
  },
  public: { name: 'Public', description: 'Open to anybody.' },
};

const whoCalls: Record<Caller, string> = {
  app: 'Called by your back end, signed with AWS Signature Version 4.',
  operator: "Called by the operator's roles, signed with AWS Signature Version 4.",
  challenge: 'Called by the browser during a sign-in, with the challenge token in the body.',
  user: 'Called with a user token as bearer.',
  user_or_enrolling: 'Called with a user token as bearer, or during enrolment with the challenge token.',
  admin: 'Called with a user token of role `admin` or `support` as bearer.',
  public: 'Needs no credentials.',
};

const more: Partial<Record<Flow, string>> = {
  'create-challenge':
    'Answers `passed` with a token where no second factor is due, `challenge` where one is, and `enrollment_required` where ' +
    'the policy requires one that this user does not have yet. Fields that only describe never stop a sign-in: what was cut ' +
    'or left out is named in `warnings`. With `action` it is a step-up: always `challenge` or `enrollment_required`, and the ' +
    'token carries `action` and `action_hash`.',
  'send-code': 'The code goes to the address or number that was proven, and is worth nothing at another one.',
  'verify-challenge':
    'With an `Idempotency-Key`, the same key, challenge and code within 60 seconds of the success get the same claims again.',
  'fetch-result':
    'Within 5 minutes of the pass. Repeated within 60 seconds it answers the same claims; later it refuses with ' +
    '`challenge_used`.',
  'mint-user-token':
    'The token lets the browser call the routes of the settings, and of the desk for `admin` and `support`.',
  'sync-user': 'An absent field keeps its value; `null` takes an optional field away.',
  'import-users':
    'Only where the stage says `imports`. An imported authenticator is on at once, and the next sign-in asks for it. Refused, row by row: secrets under 80 bits (under 128 without `allowWeak`), recovery codes under 64 bits, whoever has two-factor on, and whoever owes an enrolment after a reset.',
  'sync-users': 'Of two rows with one id the last one counts. The answer says of each row what became of it.',
  'password-changed': 'Ends open challenges and re-authentications that began with the old password, too.',
  'list-users':
    '`locked` and `exempt` look at each user, so a page can hold fewer users than `limit`, or none, while there are more: go ' +
    'on until `nextCursor` is null.',
  'list-events':
    '`from` and `to` bound the time (`from` included, `to` excluded). With `type` a page can hold fewer events than `limit`, ' +
    'or none, while there are more: go on until `nextCursor` is null. A cursor belongs to its query.',
  'start-authenticator': 'The secret is shown this once.',
  'regenerate-recovery-codes': 'The codes are shown this once; the old ones are void.',
  'create-temporary-code':
    'For somebody whose factors are not at hand, once you have verified who asks. The code passes one sign-in as ' +
    '`temporary_code`, never a step-up; an earlier one ends. For 15 minutes, user tokens minted with the `resultToken` of that ' +
    'sign-in may enrol one factor without `proof`.',
  'propose-policy': 'An absent field keeps its value. The answer shows what the change means and for whom.',
};

/** A paragraph for the operation of a flow. */
export function descriptionOf(flow: Flow, route: Route): string {
  const { rate, burst } = route.throttle;
  return [
    `${route.summary}.`,
    more[flow],
    whoCalls[route.caller],
    `By default the gateway lets ${rate} requests a second through, with bursts of ${burst}.`,
  ]
    .filter(Boolean)
    .join(' ');
}
