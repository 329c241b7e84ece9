/** A function's configuration: read from its environment once, at cold start. A missing value stops the function there. */
import * as z from 'zod';

const schemas = {
  tableName: z.string().min(1),
  vaultKeyArn: z.string().startsWith('arn:'),
  /** The first signs, all are published. */
  signingKeyArns: z
    .string()
    .transform((list) => list.split(',').map((arn) => arn.trim()))
    .pipe(z.tuple([z.string().startsWith('arn:')], z.string().startsWith('arn:'))),
  issuerUrl: z.url(),
  audience: z.string().min(1),
  mailFrom: z.string().min(3),
  productName: z.string().min(1),
  supportContact: z.string().optional(),
  /** PBKDF2 rounds of new recovery codes (OWASP: 210,000 for SHA-512). */
  recoveryCodeRounds: z.coerce.number().int().min(1000).default(210_000),
} as const;

type Config = { [K in keyof typeof schemas]: z.infer<(typeof schemas)[K]> };

/** The value of one setting, such as `tableName` from `TABLE_NAME`. Throws what is wrong with it by name, never by value. */
export function setting<K extends keyof Config>(name: K): Config[K] {
  const variable = name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  const parsed = schemas[name].safeParse(process.env[variable]);
  if (!parsed.success) {
    throw new Error(`${variable} is missing or invalid`);
  }
  return parsed.data as Config[K];
}
