/** What the OpenAPI document says of single fields beside their form, and what it names. */
import * as z from 'zod/mini';
import { actionDetails, actionName } from '../action-fields.ts';
import * as fields from '../fields.ts';
import { shapeNames } from '../schemas.ts';

/** JSON Schema keywords; a shape with an `id` stands in the document once, under that name. */
type Note = {
  id?: string;
  description?: string;
  format?: string;
  /** As `examples` in the document: zod drops those of a field that it transforms. */
  example?: unknown;
  items?: object;
};

const notes: [z.ZodMiniType, Note][] = [
  [fields.time, { example: '2026-11-25T09:30:00.000Z' }],
  [fields.externalId, { description: '1 to 128 visible characters, and neither `.` nor `..`.' }],
  [fields.email, { format: 'email', example: 'ada@example.com' }],
  [fields.sixDigits, { description: '6 digits; spaces and dashes are ignored.', example: '492039' }],
  [
    fields.recoveryCode,
    { description: '16 characters; spaces and dashes are ignored.', example: 'k7mp-2xqr-9tvw-4hjn' },
  ],
  [
    fields.temporaryCode,
    { description: '10 characters; spaces and dashes are ignored.', example: '7k2mq9xr4t' },
  ],
  [fields.newTemporaryCode, { example: '7k2mq9xr4t' }],
  [fields.phone, { description: 'An E.164 number; spaces and dashes are ignored.', example: '+14155550100' }],
  [fields.locale, { description: 'A language tag (BCP 47).', example: 'de-CH' }],
  [fields.timeZone, { description: 'An IANA time zone.', example: 'Europe/Berlin' }],
  [fields.describedName, { description: 'One line; cut after 200 characters.', example: 'Ada Lovelace' }],
  [fields.ipAddress, { description: 'One IPv4 or IPv6 address.', example: '203.0.113.7' }],
  [fields.userAgent, { description: 'Cut after 256 characters.', example: 'Mozilla/5.0' }],
  [
    fields.amr,
    { description: 'RFC 8176 values. Only `mfa` decides.', items: { type: 'string' }, example: ['pwd'] },
  ],
  [actionName, { description: 'The act that a step-up confirms.', example: 'transfer.create' }],
  [
    actionDetails,
    {
      description:
        'Shown to the person, and bound into the token by `action_hash`: at most 10 one-line texts, 1 KB with their names. ' +
        'Refused where they do not fit, never cut.',
      example: { Amount: '1,250.00 EUR', To: 'Grace Hopper' },
    },
  ],
  [
    fields.returnTo,
    {
      description:
        'An absolute URL of an allowed origin, without userinfo and fragment, of at most 512 characters.',
      example: 'https://app.example.com/signed-in',
    },
  ],
];

/** Every name and note, by shape. The forms of a named union are named after it and what tells them apart. */
export const noted = z.registry<Note>();
for (const [shape, note] of notes) {
  noted.add(shape, note);
}
for (const [id, shape] of Object.entries(shapeNames)) {
  noted.add(shape, { id });
}
for (const [id, shape] of Object.entries(shapeNames)) {
  const { options = [], discriminator } = shape._zod.def as Partial<z.core.$ZodDiscriminatedUnionDef>;
  for (const option of options) {
    if (discriminator && !noted.has(option as z.ZodMiniType)) {
      noted.add(option as z.ZodMiniType, { id: id + pascalCase(literalAt(option, discriminator)) });
    }
  }
}

function literalAt(option: z.core.$ZodType, discriminator: string): string {
  const { shape } = option._zod.def as z.core.$ZodObjectDef;
  const literal = shape[discriminator]?._zod.def as z.core.$ZodLiteralDef<string> | undefined;
  return String(literal?.values[0]);
}

function pascalCase(words: string): string {
  return words.replace(/(?:^|_)(\w)/g, (_, first: string) => first.toUpperCase());
}
