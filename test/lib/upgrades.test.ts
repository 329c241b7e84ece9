/** From one release to the next: nothing that outlives a stack is deleted or replaced, and indexes change one at a time. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readStage } from '../../lib/stage.ts';
import { breaksOf, type Resources, retainedOf } from '../../scripts/release/upgrade.ts';
import { synthesizeTest } from '../support/synthesized.ts';

const folder = new URL('../../releases/', import.meta.url);
const releases = readdirSync(folder).filter((name) => name.endsWith('.json'));
const { name: _, ...stage } = readStage('dev');
const today = synthesizeTest(stage, () => {}, 'dev').Resources as Resources;

/** Today's resources with one of them altered. */
const altered = (id: string, alter: (properties: Record<string, never>) => object): Resources => {
  const resource = structuredClone(today[id]) as Resources[string];
  return { ...today, [id]: { ...resource, Properties: alter(resource.Properties) } };
};
const table = 'CountersignDevTable';
type Index = { IndexName: string };

describe('an upgrade', () => {
  it.each(releases)('from the release in releases/%s keeps every table, key and log', (name) => {
    const { Resources: before } = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    expect(Object.keys(before).length).toBeGreaterThan(30);
    expect(breaksOf(before, today)).toEqual([]);
  });

  it('there is a release to upgrade from, and it keeps tables, keys, logs and unrecorded attempts', () => {
    expect(releases.length).toBeGreaterThan(0);
    const types = Object.values(retainedOf(today)).map(({ Type }) => Type);
    expect([...new Set(types)].sort()).toEqual([
      'AWS::DynamoDB::Table',
      'AWS::KMS::Key',
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
    ]);
  });

  it('that would lose or replace one of them is refused', () => {
    const { [table]: _table, ...without } = today;
    expect(breaksOf(today, without)).toEqual([`${table} is gone`]);
    expect(
      breaksOf(
        today,
        altered(table, (was) => ({ ...was, TableName: 'other' })),
      ),
    ).toEqual([`${table}: TableName is another one`]);
    const key = 'CountersignDevSigningKey1';
    expect(
      breaksOf(
        today,
        altered(key, (was) => ({ ...was, KeySpec: 'RSA_4096' })),
      ),
    ).toEqual([`${key}: KeySpec is another one`]);
    const unprotected = { ...today, [table]: { ...today[table], DeletionPolicy: 'Delete' } } as Resources;
    expect(breaksOf(today, unprotected)).toEqual([
      `${table} is another type of resource, or no longer retained`,
    ]);
  });

  it('changes one index at a time, and none that is there', () => {
    const indexes = (alter: (each: Index[]) => Index[]) =>
      altered(table, (was) => ({
        ...was,
        GlobalSecondaryIndexes: alter(was.GlobalSecondaryIndexes as never),
      }));
    const more = (...names: string[]) =>
      indexes((each) => [...each, ...names.map((IndexName) => ({ IndexName }))]);
    expect(breaksOf(today, more('one'))).toEqual([]);
    expect(breaksOf(today, more('one', 'two'))[0]).toContain('one and two change at once');
    expect(
      breaksOf(
        today,
        indexes(([, ...rest]) => [...rest, { IndexName: 'one' }]),
      ),
    ).toHaveLength(1);
    expect(
      breaksOf(
        today,
        indexes(([first, ...rest]) => [{ ...first, Projection: {} } as Index, ...rest]),
      ),
    ).toEqual([expect.stringContaining('is changed')]);
  });
});
