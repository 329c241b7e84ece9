import { expect, it } from 'vitest';
import { errorKeys } from '../../../web/base/failures.ts';

it('a failure is looked up from the narrowest text to the widest', () => {
  expect(errorKeys({ code: 'too_many_attempts', reason: 'spent' }, ['setup'])).toEqual([
    'error.too_many_attempts.spent',
    'error.too_many_attempts.setup',
    'error.too_many_attempts',
  ]);
  expect(errorKeys({ code: 'busy' }, [])).toEqual(['error.busy']);
});
