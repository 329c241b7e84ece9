/**
 * An import that breaks off anywhere, against a stand-in for the one route: it keeps whom it imported, refuses whoever has
 * two-factor on, and loses answers. The real route is met by `test/operator/command.test.ts`.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ImportAnswer, ImportRequest } from '../../../client/server.ts';
import { importFiles } from '../../../operator/commands/import.ts';
import { csv } from '../../../operator/formats/csv.ts';
import type { Target } from '../../../operator/target.ts';
import { terminal } from '../../../operator/terminal.ts';

type Fate = 'answered' | 'lost before' | 'lost after';

/** `fates`: what becomes of each request, then all are answered. */
function standIn(fates: Fate[], enabledBefore: string[]) {
  const enabled = new Set(enabledBefore);
  const times = new Map<string, number>();
  const importUsers = async ({ users }: ImportRequest): Promise<ImportAnswer> => {
    const fate = fates.shift() ?? 'answered';
    if (fate === 'lost before') {
      throw new Error('no answer');
    }
    const results = users.map(({ id }): ImportAnswer['results'][number] => {
      if (enabled.has(id)) {
        return {
          id,
          status: 'refused',
          errors: [{ pointer: '', detail: 'The user has two-factor authentication on already.' }],
        };
      }
      enabled.add(id);
      times.set(id, (times.get(id) ?? 0) + 1);
      return { id, status: 'imported' };
    });
    if (fate === 'lost after') {
      throw new Error('no answer');
    }
    return { results };
  };
  return { target: { api: { importUsers } } as unknown as Target, times };
}

it('wherever it breaks off, everybody is imported once and said to be, and whoever had two-factor on is refused', async () => {
  const fate = fc.constantFrom<Fate>('answered', 'lost before', 'lost after');
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 90 }),
      fc.array(fate, { maxLength: 8 }),
      async (count, fates) => {
        const file = join(mkdtempSync(join(tmpdir(), 'import-')), 'users.csv');
        const rows = Array.from(
          { length: count },
          (_, index) => `u${index},u${index}@example.com,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ`,
        );
        writeFileSync(file, `id,email,secret\n${rows.join('\n')}\n`);
        const { target, times } = standIn([...fates], ['u0']);
        let out = '';
        const io = {
          out: (text: string) => {
            out = text;
          },
          err: () => {},
          interactive: false,
          ask: async () => '',
        };
        const run = () =>
          importFiles(target, terminal(io, { yes: true, json: true }), [file], csv, { account: 'acme' });
        let code: number | undefined;
        for (let attempt = 0; attempt <= fates.length && code === undefined; attempt += 1) {
          code = await run().catch(() => undefined);
        }
        const report = JSON.parse(out) as { rows: { who: string; what: string }[] };
        expect([...times.values()].every((time) => time === 1)).toBe(true);
        expect(times.size).toBe(count - 1);
        const lost = report.rows.filter(({ who, what }) => what !== 'imported' && who !== 'u0@example.com');
        expect(lost).toEqual([]);
        expect(report.rows).toHaveLength(count);
      },
    ),
    { numRuns: 60 },
  );
});
