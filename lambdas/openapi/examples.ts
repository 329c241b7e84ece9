/** Examples, made of the schemas. */
import type { JsonSchema } from './json-schemas.ts';

type Named = Readonly<Record<string, JsonSchema>>;

/** What stands under these names, where a schema alone does not tell. */
const byName: Record<string, unknown> = {
  accountId: 'acct_42',
  userId: 'user_7',
  id: 'user_7',
  email: 'ada@example.com',
  codesTo: 'ada@example.org',
  provenEmail: 'ada@example.com',
  sentTo: 'a••@example.com',
  displayName: 'Ada Lovelace',
  challengeToken: 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..wT3kGx0h7m2Q.Zl9',
  token: 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c2VyXzcifQ.c2ln',
  resultToken: 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c2VyXzcifQ.c2ln',
  deviceToken: 'v1.Yk3mZ8Qw',
  resultCode: 'r_5Jd8sK2v',
  promptUrl: 'https://2fa.example.com/prompt#c=eyJhbGciOiJkaXIi',
  redirectTo: 'https://app.example.com/signed-in?code=r_5Jd8sK2v',
  returnOrigin: 'https://app.example.com',
  product: 'Acme',
  issuer: 'Acme',
  supportContact: 'support@example.com',
  label: 'Phone',
  reason: 'Lost phone; identity checked by video call',
  name: 'transfer.create',
  details: { Amount: '1,250.00 EUR', To: 'Grace Hopper' },
  secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  otpauthUri: 'otpauth://totp/Acme:ada%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Acme',
  qrSvg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 41 41"></svg>',
  code: 'everybody_must_enrol',
  detail: 'A sentence that says what to do.',
  pointer: '/user/displayName',
  type: 'two_factor_reset',
  kind: 'admin',
  device: 'Firefox on Windows',
  userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
  ip: '203.0.113.7',
  smsCountries: ['DE', 'CH'],
  recoveryCodes: Array.from({ length: 10 }, (_, nth) => `k7mp-2xqr-9tvw-4hj${nth}`),
  remaining: 9,
  days: 30,
  version: 3,
  from: '2026-11-01T00:00:00Z',
  to: '2026-12-01T00:00:00Z',
  cursor: 'WyJ1c2VyXzciLCJlbmFibGVkI2FkYUBleGFtcGxlLmNvbSJd',
  nextCursor: null,
  locale: 'de-CH',
  timeZone: 'Europe/Berlin',
  phone: '+14155550100',
  limit: '50',
};

/** One value that fits the schema, every optional field included. `name`: the field that it stands in. */
export function exampleOf(schema: JsonSchema, named: Named, name = ''): unknown {
  const whole = resolved(schema, named);
  const { examples, anyOf, oneOf, enum: values } = whole as Record<string, JsonSchema[] | undefined>;
  const [fixed] = examples ?? values ?? (whole.const === undefined ? [] : [whole.const]);
  if (fixed !== undefined) {
    return fixed;
  }
  const forms = oneOf ?? anyOf;
  const fits = ({ pattern, ...form }: JsonSchema) =>
    typesOf(form).includes(typeOf(byName[name])) &&
    (pattern === undefined || new RegExp(String(pattern)).test(String(byName[name])));
  if (name in byName && (forms ?? [whole]).some(fits)) {
    return byName[name];
  }
  return forms?.[0] ? exampleOf(forms[0], named, name) : ofType(whole, named);
}

function ofType(schema: JsonSchema, named: Named): unknown {
  switch (typesOf(schema)[0]) {
    case 'object':
      return Object.fromEntries(
        Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>).map(([key, field]) => [
          key,
          exampleOf(field, named, key),
        ]),
      );
    case 'array':
      return [exampleOf((schema.items ?? {}) as JsonSchema, named)];
    case 'boolean':
      return true;
    case 'integer':
      return schema.minimum ?? 1;
    default:
      return ofPattern(schema.pattern) ?? 'text';
  }
}

const typesOf = ({ type }: JsonSchema): unknown[] => (Array.isArray(type) ? type : [type]);

function typeOf(value: unknown): string {
  if (value === null || Array.isArray(value)) {
    return value === null ? 'null' : 'array';
  }
  return typeof value === 'number' ? 'integer' : typeof value;
}

const resolved = ({ $ref, ...schema }: JsonSchema, named: Named): JsonSchema =>
  typeof $ref === 'string' ? (named[$ref.slice('#/components/schemas/'.length)] ?? {}) : schema;

/** An id such as `aut_9hJ2kQx7Lm4pTz1w`. */
function ofPattern(pattern: unknown): string | undefined {
  const prefix = /^\^(\w+_)\[/.exec(String(pattern))?.[1];
  return prefix && `${prefix}9hJ2kQx7Lm4pTz1w`;
}

/** Examples of a body, by name: one for each form that it may have. */
export function examplesOf(schema: JsonSchema, named: Named): Record<string, { value: unknown }> {
  const { oneOf, anyOf } = resolved(schema, named);
  const forms = (oneOf ?? anyOf) as JsonSchema[] | undefined;
  if (!forms) {
    return { usual: { value: exampleOf(schema, named) } };
  }
  return Object.fromEntries(
    forms.map((form, nth) => {
      const value = exampleOf(form, named) as { status?: string; method?: string };
      return [value.status ?? value.method ?? `form${nth + 1}`, { value }];
    }),
  );
}
