/** What an administrator has typed into the sign-in rules, and how it differs from those in force. */
import type { Method, Policy, PolicyEdit } from '../../client/browser.ts';

export type Draft = {
  isRequired: boolean;
  /** `2026-12-31`, or empty. */
  requiredFrom: string;
  methods: readonly Method[];
  mayRemember: boolean;
  days: string;
  federated: Policy['federated'];
};
export type DraftField = keyof Draft;
export type DraftErrors = Partial<Record<DraftField, 'no.method' | 'bad.days' | 'bad.date'>>;

const order: readonly Method[] = ['passkey', 'totp', 'email', 'sms'];

/** A day of the reader's own time zone, as a date input writes it. */
const dayOf = (at: string | undefined): string =>
  at === undefined
    ? ''
    : new Date(Date.parse(at) - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 10);

export const draftOf = (policy: Policy): Draft => ({
  isRequired: policy.mode === 'required',
  requiredFrom: dayOf(policy.requiredFrom),
  methods: policy.methods,
  mayRemember: policy.rememberDevice.allowed,
  days: String(policy.rememberDevice.days),
  federated: policy.federated,
});

export const sorted = (methods: readonly Method[]): Method[] =>
  order.filter((method) => methods.includes(method));

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** The fields that are not as they are in force. */
export function changedFields(draft: Draft, policy: Policy): DraftField[] {
  const before = draftOf(policy);
  const fields = Object.keys(before) as DraftField[];
  return fields.filter((name) =>
    name === 'methods'
      ? !isSame(sorted(draft.methods), sorted(before.methods))
      : !isSame(draft[name], before[name]),
  );
}

/** What of a changed draft the API would refuse. */
export function draftErrors(draft: Draft, policy: Policy): DraftErrors {
  const changed = changedFields(draft, policy);
  const days = Number(draft.days);
  const isDayFuture = Date.parse(`${draft.requiredFrom}T00:00`) > Date.now();
  return {
    ...(draft.methods.length === 0 && { methods: 'no.method' as const }),
    ...(draft.mayRemember &&
      !(Number.isInteger(days) && days >= 1 && days <= 90) && { days: 'bad.days' as const }),
    ...(draft.isRequired &&
      draft.requiredFrom !== '' &&
      changed.includes('requiredFrom') &&
      !isDayFuture && { requiredFrom: 'bad.date' as const }),
  };
}

/** The change as the API takes it: what stays as it is, is left out. */
export function editOf(draft: Draft, policy: Policy): PolicyEdit {
  const changed = changedFields(draft, policy);
  const has = (...names: DraftField[]) => names.some((name) => changed.includes(name));
  const from =
    draft.isRequired && draft.requiredFrom !== ''
      ? new Date(`${draft.requiredFrom}T00:00`).toISOString()
      : null;
  const days = draft.mayRemember ? Number(draft.days) : policy.rememberDevice.days;
  return {
    ...(has('isRequired') && { mode: draft.isRequired ? 'required' : 'optional' }),
    ...(has('requiredFrom', 'isRequired') &&
      (from !== null || policy.requiredFrom !== undefined) && { requiredFrom: from }),
    ...(has('methods') && { methods: sorted(draft.methods) }),
    ...(has('mayRemember', 'days') && { rememberDevice: { allowed: draft.mayRemember, days } }),
    ...(has('federated') && { federated: draft.federated }),
  };
}

/** The draft with somebody else's rules below it: one's own changes stay, the rest is theirs. */
export function onTopOf(theirs: Policy, draft: Draft, changed: readonly DraftField[]): Draft {
  const own = Object.fromEntries(changed.map((name) => [name, draft[name]]));
  return { ...draftOf(theirs), ...own };
}
