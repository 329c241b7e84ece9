/** Every change is told: one audit row for each event, and its mail. Asked for once the courier has had its time. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Op } from './model.ts';
import type { Person } from './person.ts';
import type { Finding } from './round.ts';
import type { Service } from './service.ts';

/** The events that must follow from an answer, by what it changed. */
function eventsOf({ spends, change }: Op): string[] {
  const used = spends?.method === 'recovery_code' ? ['recovery_code_used'] : [];
  switch (change?.to) {
    case 'app_added':
      return [...used, 'app_added'];
    case 'regenerated':
      return [...used, 'recovery_codes_regenerated'];
    case 'disabled':
      return [...used, 'two_factor_disabled'];
    case 'reset':
      return [...used, 'two_factor_reset'];
    default:
      return used;
  }
}

/** The first authenticator is told of as "enabled", each other one as "added". */
const nameOf = (type: string): string =>
  type === 'two_factor_enabled' || type === 'authenticator_added' ? 'app_added' : type;

const triesToDeliver = 60;

async function delivered(service: Service, person: Person): Promise<boolean> {
  for (let n = 0; n < triesToDeliver; n += 1) {
    const item = await service.item(person.accountId, person.id);
    if ((item?.outbox ?? []).length === 0) {
      return true;
    }
    // What failed waits for minutes, then hours, of the service's clock.
    await service.advance(n < 5 ? 130 : 3600);
    await pause(150);
  }
  return false;
}

function missing(person: Person, history: readonly Op[], rows: { type: string; times?: number }[]): string[] {
  const counted = new Map<string, number>();
  for (const { type, times = 1 } of rows) {
    counted.set(nameOf(type), (counted.get(nameOf(type)) ?? 0) + times);
  }
  const changes = history.filter((op) => op.outcome !== 'refused' && !isRepeat(op, history));
  const certain = changes.filter(isCertain).flatMap(eventsOf);
  const possible = changes.flatMap(eventsOf);
  return [...new Set(possible)].flatMap((event) => {
    const least = certain.filter((each) => each === event).length;
    const most = possible.filter((each) => each === event).length;
    const number = counted.get(event) ?? 0;
    const isFolded = counted.has('several_changes');
    return number > most || (number < least && !isFolded)
      ? [`${person.id}: ${event} is on record ${number} times, and happened ${least} to ${most} times.`]
      : [];
  });
}

/** A proof that came with the start of an authenticator is not looked at where nothing is on. */
const isCertain = ({ outcome, challenge, change }: Op): boolean =>
  outcome === 'ok' && (challenge !== undefined || change !== undefined);

/** The same request under the same key was told the same again: one change. */
const isRepeat = ({ id, jti }: Op, history: readonly Op[]): boolean =>
  jti !== undefined && history.some((other) => other.jti === jti && other.id < id);

/** What was changed and told to nobody, or told and never changed. */
export async function noticesOf(
  service: Service,
  people: readonly Person[],
  all: readonly Op[],
): Promise<Finding | undefined> {
  for (const [user, person] of people.entries()) {
    const history = all.filter((op) => op.user === user);
    const found = (what: string): Finding => ({ what, who: person.id, history });
    if (!(await delivered(service, person))) {
      return found('Notices still wait after days without a fault.');
    }
    const rows = await service.auditRows(person.accountId, person.id);
    const [wrong] = missing(person, history, rows);
    if (wrong !== undefined) {
      return found(wrong);
    }
    const mails = new Set((await service.everyMail()).map(({ tags }) => tags.eventId));
    const silent = rows.find(({ id, type }) => mailed.has(nameOf(type)) && !mails.has(id));
    if (silent) {
      return found(`No mail was sent of the event ${silent.type} (${silent.id}).`);
    }
  }
  return undefined;
}

const mailed = new Set([
  'app_added',
  'recovery_code_used',
  'recovery_codes_regenerated',
  'two_factor_disabled',
  'two_factor_reset',
]);
