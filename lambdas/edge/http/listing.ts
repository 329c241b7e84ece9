/** Lists as the contract writes them. */

import { listedUser } from '../../core/desk/list-users.ts';
import type { AuditRow, Page } from '../../core/ports.ts';
import { type Refusal, refuse } from '../../core/refusal.ts';
import type { User } from '../../core/state/item.ts';
import { optionalTime, rfc3339 } from './times.ts';

export function writtenUsers(page: Page<User> | undefined, nowMs: number) {
  const data = (page?.items ?? []).map((user) => {
    const { enabledAtMs, lockedUntilMs, exemptUntilMs, displayName, ...listed } = listedUser(user, nowMs);
    return {
      ...listed,
      displayName: displayName ?? null,
      enabledAt: optionalTime(enabledAtMs) ?? null,
      lockedUntil: optionalTime(lockedUntilMs),
      exemptUntil: optionalTime(exemptUntilMs),
    };
  });
  return { data, nextCursor: page?.nextCursor ?? null };
}

export function writtenEvents(page: Page<AuditRow>) {
  const data = page.items.map(({ id, type, atMs, actor, userId, ip, userAgent, detail }) => ({
    id,
    type,
    at: rfc3339(atMs),
    actor: { kind: actor.kind, id: actor.id },
    userId: userId ?? null,
    ip: ip ?? null,
    userAgent: userAgent ?? null,
    detail: detail ?? {},
  }));
  return { data, nextCursor: page.nextCursor ?? null };
}

/** For a cursor that no list has given out. */
export const badCursor = (): Refusal =>
  refuse('request_invalid', {
    detail: 'Start from the first page again.',
    errors: [{ pointer: '/cursor', detail: 'is not a cursor of this list' }],
  });
