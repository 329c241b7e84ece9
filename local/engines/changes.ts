/** What writes did to the items of a table, in order: the source of the table's stream. */
import { isDeepStrictEqual } from 'node:util';
import type { Answer, Call, Json } from './front.ts';

export type Item = Record<string, Json>;
/** One item before and after a write; undefined where it did not exist. */
export type Change = { table: string; keys: Item; before?: Item | undefined; after?: Item | undefined };
type Place = Pick<Change, 'table' | 'keys'>;

type Batch = { PutRequest?: { Item: Item }; DeleteRequest?: { Key: Item } }[];

export type Recorder = {
  /** Performs a write and reports each item that is not as it was. A write that changes nothing is not reported. */
  perform(call: Call): Promise<Answer>;
};

/**
 * - `write`, `read`: the table without its HTTP
 * - `keyNamesOf`: the attributes of a table's primary key
 */
export function recordChanges(options: {
  write(call: Call): Promise<Answer>;
  read(place: Place): Promise<Item | undefined>;
  keyNamesOf(table: string): string[];
  onChange(change: Change): void;
}): Recorder {
  const { read, write, keyNamesOf, onChange } = options;
  const readAll = (places: Place[]) => Promise.all(places.map(read));
  const record = async (call: Call): Promise<Answer> => {
    const places = placesOf(call, keyNamesOf);
    const before = await readAll(places);
    const answer = await write(call);
    const after = await readAll(places);
    for (const [n, place] of places.entries()) {
      if (!isDeepStrictEqual(before[n], after[n])) {
        onChange({ ...place, before: before[n], after: after[n] });
      }
    }
    return answer;
  };
  // One write at a time, so that what is read before and after it is its own work.
  let last: Promise<unknown> = Promise.resolve();
  return {
    perform: (call) => {
      const answer = last.then(() => record(call));
      last = answer.catch(() => {});
      return answer;
    },
  };
}

function placesOf({ input }: Call, keyNamesOf: (table: string) => string[]): Place[] {
  const place = (table: string, from: Item): Place => {
    const keys = keyNamesOf(table).map((name) => [name, from[name] ?? {}] as const);
    return { table, keys: Object.fromEntries(keys) };
  };
  const batches = input.RequestItems as Record<string, Batch> | undefined;
  if (batches) {
    return Object.entries(batches).flatMap(([table, batch]) =>
      batch.map((one) => place(table, one.PutRequest?.Item ?? one.DeleteRequest?.Key ?? {})),
    );
  }
  return [place(String(input.TableName), (input.Item ?? input.Key ?? {}) as Item)];
}
