/** What the tests of the import formats share: entries read, and codes that an authenticator app would show. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Entry, type Format, isUnusable, type ReadOptions } from '../../operator/formats/format.ts';
import { independentCode } from './independent-totp.ts';

export const fixture = (path: string): string =>
  readFileSync(new URL(`../operator/formats/fixtures/${path}`, import.meta.url), 'utf8');

/** All entries of a text in which every entry can be used. */
export function entriesOf(format: Format, text: string | string[], options: ReadOptions = {}): Entry[] {
  return format.read([text].flat(), options).map((read) => {
    if (isUnusable(read)) {
      throw new Error(`${read.place}: ${read.reason}`);
    }
    return read;
  });
}

/** Why each unusable entry is not. */
export const reasonsIn = (format: Format, text: string | string[], options: ReadOptions = {}): string[] =>
  format.read([text].flat(), options).flatMap((read) => (isUnusable(read) ? read.reason : []));

const someTime = Date.UTC(2026, 10, 25, 12, 0, 15);

/** The code that an app with this entry's secret shows, computed without anything of ours. */
export const codeOf = ({ secret }: Pick<Entry, 'secret'>): string => independentCode(secret, someTime);

/** What oathtool shows for the base32 secret of an otpauth URI, as an app that scanned it would. */
export function codeByOathtool(base32: string): string {
  const now = `${new Date(someTime).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return execFileSync('oathtool', ['--totp', '-b', `--now=${now}`, base32], { encoding: 'utf8' }).trim();
}
