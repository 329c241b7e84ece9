/** Sending a code after it was saved, and taking it back when the mail system does not take it. */
import type { Context, Decision } from '../../core/decision.ts';
import { type CodePurpose, codeMail } from '../../core/notices/mails.ts';
import type { SmsPurpose } from '../../core/notices/sms-texts.ts';
import { type Mailer, Unavailable, type UserStore } from '../../core/ports.ts';
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts';
import { type CodeToSend, withoutUnsentCode } from '../../core/sign-in/send-code.ts';
import type { Loaded, State, UserRef } from '../../core/state/item.ts';
import { rfc3339 } from '../http/times.ts';
import { brandOf } from '../setup/brand.ts';
import { decideAndSave, type PortsOf, type Wired } from './decide.ts';
import { type SmsPorts, sendSms } from './send-sms.ts';

/** A flow wires the channels that its codes can go by; `sms` is undefined too where the deployment has none. */
type Channels = { mailer?: Mailer; sms?: SmsPorts | undefined };
type Purpose = CodePurpose | SmsPurpose;

/**
 * Decides, saves, and only then sends: of twenty requests at once, one write lands and one message goes out. A message that
 * is not taken refuses `delivery_unavailable`, one that would be too many `too_many_codes`; its code is taken back, and the
 * failures stay as they are.
 */
export async function sendDecidedCode<S extends CodeToSend, W extends Wired & Channels>(
  wired: W,
  ref: UserRef,
  purpose: Purpose,
  context: Context,
  decide: (loaded: Loaded, ports: PortsOf<W>) => Promise<Decision<S>>,
): Promise<S | Refusal> {
  let known: Partial<Loaded> = {};
  const decided = await decideAndSave<S, W>(wired, ref, (loaded, ports) => {
    known = loaded;
    return decide(loaded, ports);
  });
  if (isRefusal(decided)) {
    return decided;
  }
  const state = known as State;
  const refusal = await handOver(wired, ref, { ...decided, ...state, purpose }, context).catch(undelivered);
  if (!refusal) {
    return decided;
  }
  await takeBack(wired.store, ref, decided, context);
  return refusal;
}

type Message = CodeToSend & State & { purpose: Purpose };

async function handOver(
  { store, mailer, sms }: Wired & Channels,
  ref: UserRef,
  { user, account, purpose, to, code, method, expiresAtMs }: Message,
  context: Context,
): Promise<Refusal | undefined> {
  if (method === 'sms' && sms) {
    const text = { to, code, purpose: purpose as SmsPurpose };
    return sendSms({ store, sms }, { user, account }, text, context);
  }
  if (method !== 'email' || !mailer) {
    throw new Error(`the flow does not wire ${method}`);
  }
  const minutes = Math.max(1, Math.floor((expiresAtMs - context.nowMs) / 60_000));
  const content = codeMail({ purpose: purpose as CodePurpose, code, minutes }, brandOf(account), user);
  await mailer.send({ to, ...content }, context.newId('evt'), ref);
  return undefined;
}

function undelivered(error: unknown): Refusal {
  if (!(error instanceof Unavailable)) {
    throw error;
  }
  return refuse('delivery_unavailable', {
    detail: 'The code could not be sent. Try again, or use another method.',
  });
}

/** What is answered of a code that was sent; never the code. */
export function sentAnswer(sent: CodeToSend | Refusal): SentAnswer | Refusal {
  if (isRefusal(sent)) {
    return sent;
  }
  const { sentTo, resendAvailableAtMs, expiresAtMs } = sent;
  return { sentTo, resendAvailableAt: rfc3339(resendAvailableAtMs), expiresAt: rfc3339(expiresAtMs) };
}

type SentAnswer = { sentTo: string; resendAvailableAt: string; expiresAt: string };

function takeBack(store: UserStore, ref: UserRef, unsent: CodeToSend, context: Context): Promise<object> {
  return decideAndSave<object>({ store }, ref, ({ user }) =>
    user ? { save: withoutUnsentCode(user, unsent, context.nowMs, context), answer: {} } : { answer: {} },
  );
}
