/** Recovery codes on paper: whose they are, of what, and since when, so that any page can print them. */
import type { Context, Decision } from '../../core/decision.ts';
import type { Loaded } from '../../core/state/item.ts';
import { rfc3339 } from '../http/times.ts';
import { brandOf } from '../setup/brand.ts';

type Sheet = { product: string; email: string; generatedAt: string };

/** The decision, its answer with what a sheet of its recovery codes names; without codes as it is. */
export async function withSheet<A extends { recoveryCodes?: string[] | undefined }>(
  { user, account }: Loaded,
  decided: Promise<Decision<A>>,
  { nowMs }: Pick<Context, 'nowMs'>,
): Promise<Decision<A & Partial<Sheet>>> {
  const decision = await decided;
  const { answer } = decision;
  if (!user || !('recoveryCodes' in answer) || !answer.recoveryCodes) {
    return decision;
  }
  const { product } = brandOf(account);
  const sheet = { product, email: user.email, generatedAt: rfc3339(nowMs) };
  return { ...decision, answer: { ...answer, ...sheet } };
}
