import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const source = readFileSync(new URL('../../../examples/acme/two-factor.ts', import.meta.url), 'utf8');

it("Acme's integration has at most 40 lines of code", () => {
  const lines = source.split('\n').filter((line) => line.trim() !== '' && !/^\s*(\/\/|\/?\*)/.test(line));
  expect(lines.length).toBeLessThanOrEqual(40);
});
