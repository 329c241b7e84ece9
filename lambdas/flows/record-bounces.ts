import type { SNSEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import { withBounce } from '../core/notices/fan-out.ts';
import { recordBounce as decideRecordBounce } from '../core/profile/record-bounces.ts';
import { changeAccount, decideAndSave, newId } from '../edge/run/decide.ts';
import { reportFailure } from '../edge/run/report.ts';
import { storeOfAll } from '../edge/setup/wiring.ts';

const recipients = z.array(z.object({ emailAddress: z.string() }));
const tag = z.tuple([z.string()]);

/** The part of SES's event reports that matters here. */
const feedbackSchema = z.object({
  eventType: z.string(),
  mail: z.object({ tags: z.object({ account: tag, user: tag }) }),
  bounce: z.optional(z.object({ bounceType: z.string(), bouncedRecipients: recipients })),
  complaint: z.optional(z.object({ complainedRecipients: recipients })),
});

/**
 * Marks addresses that SES reports as bouncing permanently, or whose readers complained. Anything else is logged and
 * skipped: a retry would not help.
 */
export async function handler(event: SNSEvent): Promise<void> {
  for (const { Sns } of event.Records) {
    const feedback = feedbackSchema.safeParse(parsed(Sns.Message));
    if (feedback.success) {
      await recordBounce(feedback.data, Date.parse(Sns.Timestamp));
    } else {
      reportFailure(
        'record-bounces',
        Sns.MessageId,
        new Error('not an SES report about a mail of this deployment'),
      );
    }
  }
}

async function recordBounce(
  { mail, bounce, complaint }: z.infer<typeof feedbackSchema>,
  nowMs: number,
): Promise<void> {
  const permanent = bounce?.bounceType === 'Permanent' ? bounce.bouncedRecipients : [];
  const reason = complaint ? 'complaint' : 'bounce';
  const accountId = decoded(mail.tags.account[0]);
  const ref = { accountId, userId: decoded(mail.tags.user[0]) };
  const context = { nowMs, newId, actor: { kind: 'system' as const } };
  for (const { emailAddress: email } of [...permanent, ...(complaint?.complainedRecipients ?? [])]) {
    await decideAndSave({ store: storeOfAll() }, ref, (loaded) =>
      decideRecordBounce(loaded, { email, reason }, context),
    );
    await changeAccount(storeOfAll(), accountId, (account) => {
      const save = withBounce(account, context);
      return save === account ? { answer: {} } : { save, answer: {} };
    });
  }
}

const decoded = (value: string): string => Buffer.from(value, 'base64url').toString();

function parsed(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
