/**
 * The names of passkeys by their model (AAGUID), for `lambdas/core/factors/passkey-names.json`: names alone, of lists such as
 * `aaguid.json` of github.com/passkeydeveloper/passkey-authenticator-aaguids or FIDO's metadata.
 *
 *   npx tsx scripts/passkey-names.ts FILE...
 *
 * Later files win. Refuses lists that are empty or hold no names: a list that went away must not take the names with it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';

const target = new URL('../lambdas/core/factors/passkey-names.json', import.meta.url);
const leastNames = 40;

const aaguid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
const list = z.record(aaguid, z.union([z.string().min(1), z.looseObject({ name: z.string().min(1) })]));

const files = process.argv.slice(2);
const named = files.flatMap((file) => {
  const entries = Object.entries(list.parse(JSON.parse(readFileSync(file, 'utf8'))));
  if (entries.length === 0) {
    throw new Error(`${file} is empty`);
  }
  return entries.map(([id, one]): [string, string] => [
    id.toLowerCase(),
    (typeof one === 'string' ? one : one.name).trim(),
  ]);
});
const names = Object.fromEntries([...new Map(named)].sort(([one], [other]) => (one < other ? -1 : 1)));
if (Object.keys(names).length < leastNames) {
  throw new Error(`${Object.keys(names).length} names are too few: the list was not read`);
}
writeFileSync(target, `${JSON.stringify(names, null, 2)}\n`);
console.log(`${Object.keys(names).length} names`);
