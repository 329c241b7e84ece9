/** How an account's users are listed: by which keys they are found, and what is shown. */
import { isEnabled, turnedOn } from '../factors/table.ts';
import type { User } from '../state/item.ts';
import type { FactorMethod } from '../state/methods.ts';

export type UserStatus = 'enabled' | 'disabled';
export const statusOf = (user: User): UserStatus => (isEnabled(user) ? 'enabled' : 'disabled');

export type ListedUser = {
  id: string;
  email: string;
  displayName?: string | undefined;
  status: UserStatus;
  methods: FactorMethod[];
  enabledAtMs?: number | undefined;
  lockedUntilMs?: number | undefined;
  /** Locked for good, until a recovery code, an unlock or a reset. */
  codesDisabled?: boolean | undefined;
  exemptUntilMs?: number | undefined;
  mailBounced?: boolean | undefined;
};

/** A line of the admin's list. */
export function listedUser(user: User, nowMs: number): ListedUser {
  const { backoffUntilMs = 0, codesDisabledAtMs } = user.failures;
  const exemptUntilMs = user.exemption?.untilMs ?? 0;
  return {
    id: user.userId,
    email: user.email,
    displayName: user.displayName,
    status: statusOf(user),
    methods: turnedOn(user),
    enabledAtMs: user.enabledAtMs,
    lockedUntilMs: backoffUntilMs > nowMs ? backoffUntilMs : undefined,
    codesDisabled: codesDisabledAtMs === undefined ? undefined : true,
    mailBounced: user.mailBounced ? true : undefined,
    exemptUntilMs: exemptUntilMs > nowMs ? exemptUntilMs : undefined,
  };
}

/** What a user may be beside enabled or disabled: known from the user's own item at a time, and by no index. */
export type UserMark = { as: 'locked' | 'exempt'; atMs: number };

export function isMarked(user: User, { as, atMs }: UserMark): boolean {
  const { lockedUntilMs, codesDisabled, exemptUntilMs } = listedUser(user, atMs);
  return as === 'locked'
    ? lockedUntilMs !== undefined || codesDisabled === true
    : exemptUntilMs !== undefined;
}
