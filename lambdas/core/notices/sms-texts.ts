/** The text messages: a code, and the line that binds it to the sign-in page's domain. */
import { oneLine, say, smsTexts, speechOf } from './mail-texts.ts';

export type SmsPurpose = keyof (typeof smsTexts)['en'];

const segmentLength = 160;

/**
 * The text of a code, in the user's language. Its last line is the origin-bound form `@domain #code`
 * (https://wicg.github.io/sms-one-time-codes/): a browser fills the code in on that domain and nowhere else. A long product
 * name is cut so that the message stays one segment; the built-in texts have GSM-7 characters alone.
 */
export function codeSms(
  purpose: SmsPurpose,
  code: string,
  { product, domain, locale }: { product: string; domain: string; locale?: string | undefined },
): string {
  const speech = speechOf(locale);
  const withName = (name: string) =>
    `${say(smsTexts[speech.language][purpose], speech, { product: name, code })}\n\n@${domain} #${code}`;
  const room = Math.max(10, segmentLength - withName('').length);
  return withName([...oneLine(product)].slice(0, room).join('').trim());
}
