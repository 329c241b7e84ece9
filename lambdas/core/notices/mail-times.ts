/** Times in the reader's zone and style. */

/** Whether this is a time zone of the IANA database, such as `Europe/Berlin`. `Intl` takes an offset too, from Node 22 on. */
export function isTimeZone(name: string): boolean {
  return /^[A-Za-z]/.test(name) && format(0, 'en', name) !== undefined;
}

/** Date and time in a zone, in the style of a language or region; undefined where there is no such zone. */
export function timeIn(timeZone: string, atMs: number, locale: string): string | undefined {
  return format(atMs, locale, timeZone);
}

function format(atMs: number, locale: string, timeZone: string): string | undefined {
  try {
    return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone }).format(atMs);
  } catch {
    return undefined;
  }
}
