/** Whether the tests run at their full sizes (`FULL=1`, once in CI) or at a part of them, so that a run takes minutes. */
export const full = process.env.FULL === '1';
