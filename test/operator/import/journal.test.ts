import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchesOf } from '../../../operator/import/batches.ts';
import { Journal } from '../../../operator/import/journal.ts';
import type { Person } from '../../../operator/import/people.ts';

const newPath = () => join(mkdtempSync(join(tmpdir(), 'journal-')), 'j.jsonl');

describe('the journal of an import', () => {
  it('knows after a restart what was done, and what was sent without an answer', () => {
    const path = newPath();
    const first = new Journal(path);
    first.sending('acme', ['ada', 'bob']);
    first.settle([{ accountId: 'acme', id: 'ada', status: 'imported' }]);
    const second = new Journal(path);
    expect(second.outcomeOf('acme', 'ada')).toMatchObject({ status: 'imported' });
    expect(second.outcomeOf('acme', 'bob')).toBeUndefined();
    expect([second.wasSent('acme', 'bob'), second.wasSent('acme', 'cleo')]).toEqual([true, false]);
    expect(second.outcomeOf('other', 'ada')).toBeUndefined();
  });

  it('reads over a last line that was never finished', () => {
    const path = newPath();
    new Journal(path).settle([{ accountId: 'acme', id: 'ada', status: 'imported' }]);
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"outcome":{"accountId":"acme","id":"b`);
    expect(new Journal(path).outcomeOf('acme', 'ada')).toBeDefined();
  });

  it('is for its owner alone', () => {
    const path = newPath();
    new Journal(path).sending('acme', ['ada']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

it('whatever the people, batches hold each of them once, of one account, within what a request takes', () => {
  const person = fc.record({ accountId: fc.constantFrom('a', 'b'), codes: fc.nat(12) });
  fc.assert(
    fc.property(fc.array(person, { maxLength: 120 }), (some) => {
      const people = some.map(
        ({ accountId, codes }, index) =>
          ({ accountId, id: `u${index}`, recoveryCodes: Array(codes).fill('c') }) as unknown as Person,
      );
      const batches = batchesOf(people);
      expect(batches.flat()).toEqual(people);
      for (const batch of batches) {
        expect(new Set(batch.map(({ accountId }) => accountId)).size).toBe(1);
        expect(batch.length).toBeLessThanOrEqual(25);
        expect(batch.reduce((sum, { recoveryCodes }) => sum + recoveryCodes.length, 0)).toBeLessThanOrEqual(
          50,
        );
      }
    }),
  );
});
