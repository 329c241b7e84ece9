/** What each step asks of AWS. `test/scripts/cost.test.ts` counts the calls of the real handlers and compares. */

export type Step = {
  name: string;
  /** AWS calls by their operation. */
  calls: Record<string, number>;
  memoryMb: number;
  /** What Lambda bills for a warm call on ARM: an estimate until it is measured in AWS. */
  billedMs: number;
};

const create: Step = { name: 'create-challenge', calls: { BatchGetItem: 1 }, memoryMb: 512, billedMs: 20 };

const verify = (calls: Record<string, number>): Step => ({
  name: 'verify-challenge',
  calls: { BatchGetItem: 1, PutItem: 1, Sign: 1, ...calls },
  memoryMb: 1769,
  billedMs: 40,
});

/** The steps of a sign-in, by what it is completed with. */
export const signIns: Record<string, Step[]> = {
  'an authenticator': [create, verify({ Decrypt: 1 })],
  'a mailed code': [
    create,
    {
      name: 'send-code',
      calls: { BatchGetItem: 1, PutItem: 1, SendEmail: 1 },
      memoryMb: 512,
      billedMs: 100,
    },
    verify({}),
  ],
  'a recovery code': [create, { ...verify({}), billedMs: 600 }],
};

/** A batch reads the user's item and the account's, each within 4 KB, strongly consistent. */
export const readUnitsOfBatch = 2;
/** A request's line in the access log, its line and Lambda's own three in the function's. */
export const logBytesOfRequest = 1100;
/** The function that puts attempts on record: an estimate until it is measured in AWS. */
export const recorder = { batch: 25, memoryMb: 512, billedMs: 60 };
