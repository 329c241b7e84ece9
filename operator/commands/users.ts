/** `countersign users`: who has two-factor authentication, and help for one of them. */
import type { ListedUser } from '../../client/browser.ts';
import { deskOf, everyItem } from '../desk.ts';
import type { Target } from '../target.ts';
import { CommandFailed, type Terminal } from '../terminal.ts';

type OfAccount = { account: string; by?: string };

export async function listUsers(
  target: Target,
  terminal: Terminal,
  options: OfAccount & { status?: 'enabled' | 'disabled' | 'locked' | 'exempt'; email?: string },
): Promise<void> {
  const { status, email } = options;
  const desk = deskOf(target, options.account, options.by);
  const users: ListedUser[] = [];
  const progress = terminal.progress('Users');
  for await (const user of everyItem((cursor) => desk.listUsers({ status, email, limit: 100, cursor }))) {
    users.push(user);
    progress.step(users.length);
  }
  progress.end();
  terminal.result(users, () => {
    terminal.table(users.map(rowOf));
    terminal.line(`${users.length} users`);
  });
}

const rowOf = (user: ListedUser) => ({
  id: user.id,
  email: user.email,
  status: user.status,
  methods: user.methods.join(' '),
  since: user.enabledAt ?? '',
  remarks: [
    user.lockedUntil && `locked until ${user.lockedUntil}`,
    user.codesDisabled && 'codes off',
    user.exemptUntil && `exempt until ${user.exemptUntil}`,
    user.mailBounced && 'mail bounces',
  ]
    .filter(Boolean)
    .join(', '),
});

/** All that is held about the person, without secrets: also the answer to an access request. */
export async function showUser(
  target: Target,
  terminal: Terminal,
  id: string,
  { account }: OfAccount,
): Promise<void> {
  const held = await target.api.getUser({ accountId: account, userId: id });
  terminal.result(held, () => terminal.line(JSON.stringify(held, null, 2)));
}

type Act = OfAccount & { reason: string };

export async function resetUser(target: Target, terminal: Terminal, id: string, options: Act): Promise<void> {
  await terminal.confirm(
    `Clear all second factors of ${id} in ${options.account}? They prove their mailbox and enrol again.`,
  );
  const { status } = await deskOf(target, options.account, options.by).resetTwoFactor(
    id,
    withReason(options),
  );
  terminal.result({ id, status }, () => terminal.line(`${id}: two-factor authentication is ${status}.`));
}

export async function unlockUser(
  target: Target,
  terminal: Terminal,
  id: string,
  options: Act,
): Promise<void> {
  const { status } = await deskOf(target, options.account, options.by).unlockUser(id, withReason(options));
  terminal.result({ id, status }, () =>
    terminal.line(`${id} is unlocked; two-factor authentication is ${status}.`),
  );
}

/** A code for one sign-in of somebody whose factors are not at hand: printed, to be read out to the person. */
export async function temporaryCode(
  target: Target,
  terminal: Terminal,
  id: string,
  { minutes, ...options }: Act & { minutes: number },
): Promise<void> {
  const made = await deskOf(target, options.account, options.by).createTemporaryCode(id, {
    ...withReason(options),
    validMinutes: minutes,
  });
  terminal.result({ id, ...made }, () => {
    terminal.line(made.code);
    terminal.line(`Read it out to ${id} alone. It signs them in once, until ${made.expiresAt}.`);
  });
}

function withReason({ reason }: Act): { reason: string } {
  if (reason.trim() === '') {
    throw new CommandFailed(
      '--reason must say why: it stands in the audit trail and in the mail to the user.',
    );
  }
  return { reason };
}
