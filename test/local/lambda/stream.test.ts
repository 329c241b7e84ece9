import { afterEach, describe, expect, it } from 'vitest';
import type { StreamMapping } from '../../../local/lambda/deployment.ts';
import { type StreamReader, type StreamRecord, startStreams } from '../../../local/lambda/stream.ts';

const mapping: StreamMapping = {
  functionName: 'follower',
  table: 'states',
  streamArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/states/stream/local',
  viewType: 'NEW_AND_OLD_IMAGES',
  filters: [],
  batchSize: 10,
  windowMs: 5,
  bisect: false,
  reportsFailures: false,
  maxRetries: 2,
  maxRecordAgeMs: Number.POSITIVE_INFINITY,
};

type Outcome = { result: unknown } | { error: string };
const fine: Outcome = { result: null };

let batches: string[][] = [];
let records: StreamRecord[] = [];
let lines: string[] = [];
let streams: StreamReader | undefined;
afterEach(() => {
  streams?.close();
  batches = [];
  records = [];
  lines = [];
});

/** Follows the stream; `answer` gets the names of the items in a batch, and its records. */
function follow(
  changes: Partial<StreamMapping> = {},
  answer: (names: string[], batch: StreamRecord[]) => Outcome = () => fine,
) {
  const environments = {
    invoke: async (_: string, event: unknown) => {
      const { Records } = event as { Records: StreamRecord[] };
      const names = Records.map(({ dynamodb }) => String(dynamodb.Keys.pk?.S));
      batches.push(names);
      records.push(...Records);
      return answer(names, Records);
    },
  };
  const log = (_: string, line: string) => lines.push(line);
  streams = startStreams([{ ...mapping, ...changes }], { environments, now: () => 1_800_000_000_000, log });
}

const itemOf = (name: string, more: object = {}) => ({ pk: { S: name }, ...more });
const write = (...names: string[]) => {
  for (const name of names) {
    streams?.push({ table: 'states', keys: { pk: { S: name } }, after: itemOf(name) });
  }
};
const gaveUp = (count: number) => `stream: gave up on records, ${count} of them`;
const delivered = (wanted: string[][]) => expect.poll(() => batches, { timeout: 5000 }).toEqual(wanted);

describe('a stream', () => {
  it('brings records as DynamoDB writes them', async () => {
    follow();
    const keys = { pk: { S: 'ada' } };
    streams?.push({ table: 'states', keys, after: itemOf('ada') });
    streams?.push({ table: 'states', keys, before: itemOf('ada'), after: itemOf('ada', { n: { N: '1' } }) });
    streams?.push({ table: 'states', keys, before: itemOf('ada', { n: { N: '1' } }) });
    await delivered([['ada', 'ada', 'ada']]);
    expect(records).toMatchObject([
      { eventName: 'INSERT', eventSource: 'aws:dynamodb', dynamodb: { NewImage: itemOf('ada') } },
      { eventName: 'MODIFY', dynamodb: { OldImage: itemOf('ada'), NewImage: { n: { N: '1' } } } },
      { eventName: 'REMOVE', dynamodb: { Keys: keys, OldImage: { n: { N: '1' } } } },
    ]);
    expect(records[0]?.dynamodb.ApproximateCreationDateTime).toBe(1_800_000_000);
    const numbers = records.map(({ dynamodb }) => dynamodb.SequenceNumber);
    expect(numbers).toEqual([...numbers].sort());
  });

  it.each([
    ['KEYS_ONLY', []],
    ['NEW_IMAGE', ['NewImage']],
    ['OLD_IMAGE', ['OldImage']],
  ] as const)('of view %s has these images: %j', async (viewType, images) => {
    follow({ viewType });
    streams?.push({ table: 'states', keys: itemOf('ada'), before: itemOf('ada'), after: itemOf('ada') });
    await delivered([['ada']]);
    const [record] = records;
    expect(Object.keys(record?.dynamodb ?? {}).filter((name) => name.endsWith('Image'))).toEqual(images);
  });

  it('delivers in order, in batches of at most the mapping’s size', async () => {
    follow({ batchSize: 2 });
    write('a', 'b', 'c', 'd', 'e');
    await delivered([['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('goes on with what is written while it delivers', async () => {
    follow({}, ([name]) => {
      if (name === 'a') {
        write('b');
      }
      return fine;
    });
    write('a');
    await delivered([['a'], ['b']]);
  });

  it('leaves out the records that no filter accepts, and those of other tables', async () => {
    const acceptsB = (record: object) => (record as StreamRecord).dynamodb.Keys.pk?.S === 'b';
    follow({ filters: [() => false, acceptsB] });
    streams?.push({ table: 'others', keys: { pk: { S: 'b' } }, after: itemOf('b') });
    write('a', 'b', 'c');
    await delivered([['b']]);
  });
});

describe('a function that fails', () => {
  it('gets the same batch again, before anything later, and then no more than the mapping says', async () => {
    follow({ batchSize: 2 }, (names) => (names.includes('a') ? { error: 'broken' } : fine));
    write('a', 'b', 'c');
    const batch = ['a', 'b'];
    await delivered([batch, batch, batch, ['c']]);
    expect(lines).toEqual([gaveUp(2)]);
  });

  it('gets halves, down to the one record that it cannot take', async () => {
    follow({ bisect: true, maxRetries: 0 }, (names) => (names.includes('c') ? { error: 'broken' } : fine));
    write('a', 'b', 'c', 'd');
    await delivered([['a', 'b', 'c', 'd'], ['a', 'b'], ['c', 'd'], ['c'], ['d']]);
    await expect.poll(() => lines).toEqual([gaveUp(1)]);
  });

  it('gets no record that is older than the mapping allows', async () => {
    follow({ maxRecordAgeMs: 1000, maxRetries: Number.POSITIVE_INFINITY }, ([name]) =>
      name === 'a' ? { error: 'broken' } : fine,
    );
    write('a');
    await expect.poll(() => lines, { timeout: 5000 }).toEqual([gaveUp(1)]);
    write('b');
    await expect.poll(() => batches.at(-1), { timeout: 5000 }).toEqual(['b']);
  });
});

describe('a function that reports its failures', () => {
  const failing = (...bad: string[]) => {
    let isFirst = true;
    return (names: string[], batch: StreamRecord[]): Outcome => {
      const failed = isFirst ? names.flatMap((name, n) => (bad.includes(name) ? [batch[n]] : [])) : [];
      isFirst = false;
      const batchItemFailures = failed.map((one) => ({ itemIdentifier: one?.dynamodb.SequenceNumber }));
      return { result: { batchItemFailures } };
    };
  };

  it('gets the batch again from the first of them on', async () => {
    follow({ reportsFailures: true }, failing('d', 'b'));
    write('a', 'b', 'c', 'd');
    await delivered([
      ['a', 'b', 'c', 'd'],
      ['b', 'c', 'd'],
    ]);
  });

  it.each<[string, unknown]>([
    ['a record that was not in it', { batchItemFailures: [{ itemIdentifier: 'other' }] }],
    ['nothing by a wrong name', { batchItemFailures: [{ id: '1' }] }],
    ['no list', { batchItemFailures: 'all' }],
  ])('with %s gets the whole batch again', async (_, first) => {
    follow({ reportsFailures: true }, () => ({ result: batches.length === 1 ? first : null }));
    write('a', 'b');
    await delivered([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('is not heard where the mapping does not say that it reports', async () => {
    follow({}, failing('a'));
    write('a');
    await delivered([['a']]);
    write('b');
    await delivered([['a'], ['b']]);
  });
});
