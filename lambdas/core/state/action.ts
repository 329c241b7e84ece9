/** What a step-up confirms: one named act, with what the person is shown of it. */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';

export const actionSchema = z.object({
  name: z.string(),
  details: z.optional(z.record(z.string(), z.string())),
});
export type Action = z.infer<typeof actionSchema>;

/** The step-up that stands for the proof of acts on other users. */
export const deskAction = 'countersign.desk';

/**
 * SHA-256, base64url, of the RFC 8785 form of `{"details":...,"name":...}`; absent details are `{}`. Written by hand: an
 * object would put keys that look like numbers first, and RFC 8785 goes by UTF-16 code units.
 */
export function actionHash({ name, details = {} }: Action): string {
  const members = Object.entries(details)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const text = `{"details":{${members.join(',')}},"name":${JSON.stringify(name)}}`;
  return createHash('sha256').update(text).digest('base64url');
}
