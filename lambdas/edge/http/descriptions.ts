/** What a sign-in was told that only describes, and what became of it. */

const described = [
  '/user/phone',
  '/user/displayName',
  '/user/locale',
  '/user/timeZone',
  '/firstFactor/amr',
  '/deviceToken',
  '/client',
  '/client/ip',
  '/client/userAgent',
];

type Warning = { pointer: string; detail: string };

/** A warning for each describing field that was sent and was cut, normalised or left out; undefined without any. */
export function leftOut(given: unknown, body: unknown): Warning[] | undefined {
  const warnings = described.flatMap((pointer) => {
    const sent = at(given, pointer);
    const kept = at(body, pointer);
    if (
      sent === undefined ||
      sent === null ||
      isObject(kept) ||
      JSON.stringify(sent) === JSON.stringify(kept)
    ) {
      return [];
    }
    const detail =
      kept === undefined ? 'does not fit here and was left out' : 'was changed to what fits here';
    return at(given, parentOf(pointer)) !== undefined && at(body, parentOf(pointer)) === undefined
      ? []
      : [{ pointer, detail }];
  });
  return warnings.length > 0 ? warnings : undefined;
}

const parentOf = (pointer: string): string => pointer.slice(0, pointer.lastIndexOf('/'));
const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const at = (value: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (inner, name) => (isObject(inner) ? (inner as Record<string, unknown>)[name] : undefined),
      value,
    );
