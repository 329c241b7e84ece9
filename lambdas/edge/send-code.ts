/** Sending a code after it was saved, and taking it back when the mail system does not take it. */
import type { Context, Step } from '../core/decision.ts';
import { type CodePurpose, codeMail } from '../core/mails.ts';
import { type ChallengeSeal, type Mailer, Unavailable } from '../core/ports.ts';
import { isRefusal, type Refusal, refuse } from '../core/refusal.ts';
import { type CodeToSend, withoutUnsentCode } from '../core/send-code.ts';
import type { Loaded, UserRef } from '../core/state.ts';
import { brandOf } from './brand.ts';
import { type DecisionPorts, decideAndSave } from './decide.ts';
import { rfc3339 } from './times.ts';

type SendPorts = DecisionPorts & { seal: ChallengeSeal; mail: Mailer };

/**
 * Decides, saves, and only then sends: of twenty requests at once, one write lands and one mail goes out. A mail that is
 * not taken refuses `delivery_unavailable`; its code is taken back, and the tries are untouched.
 */
export async function sendDecidedCode<S extends CodeToSend>(
  ports: SendPorts,
  ref: UserRef,
  purpose: CodePurpose,
  context: Context,
  decide: (loaded: Loaded) => Step<S>,
): Promise<S | Refusal> {
  let known: Partial<Loaded> = {};
  const decided = await decideAndSave(ports, ref, (loaded) => {
    known = loaded;
    return decide(loaded);
  });
  if (isRefusal(decided)) {
    return decided;
  }
  const { code, expiresAtMs } = decided;
  const minutes = Math.max(1, Math.floor((expiresAtMs - context.nowMs) / 60_000));
  try {
    await ports.mail.send(
      { to: decided.to, ...codeMail({ purpose, code, minutes }, brandOf(known.account), known.user) },
      context.newId('evt'),
      ref,
    );
    return decided;
  } catch (error) {
    if (!(error instanceof Unavailable)) {
      throw error;
    }
    await takeBack(ports, ref, decided, context);
    return refuse('delivery_unavailable', {
      detail: 'The code could not be sent. Try again, or use another method.',
    });
  }
}

/** What is told of a code that was sent; never the code. */
export function sentAnswer(sent: CodeToSend | Refusal): SentAnswer | Refusal {
  if (isRefusal(sent)) {
    return sent;
  }
  const { sentTo, resendAvailableAtMs, expiresAtMs } = sent;
  return { sentTo, resendAvailableAt: rfc3339(resendAvailableAtMs), expiresAt: rfc3339(expiresAtMs) };
}

type SentAnswer = { sentTo: string; resendAvailableAt: string; expiresAt: string };

async function takeBack(ports: SendPorts, ref: UserRef, unsent: CodeToSend, context: Context): Promise<void> {
  await decideAndSave(ports, ref, ({ user }) =>
    user
      ? { save: withoutUnsentCode(user, unsent.key, context.nowMs, context.nowMs), answer: {} }
      : { answer: {} },
  );
}
