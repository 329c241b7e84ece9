/** Moving people in, each row on its own. */
import type { Context } from '../../core/decision.ts';
import type { RecoveryHasher, SecretBox, UserStore } from '../../core/ports.ts';
import { importUser } from '../../core/profile/import-user.ts';
import { isRefusal } from '../../core/refusal.ts';
import { limits } from '../../core/state/limits.ts';
import { importRow } from '../../schemas.ts';
import { pointers } from '../http/request.ts';
import { decideAndSave } from './decide.ts';
import { idOf } from './sync-user.ts';

type Ports = { store: UserStore; secrets: SecretBox; hasher: RecoveryHasher };
type How = { accountId: string; allowWeak: boolean; notify: boolean };
type FieldError = { pointer: string; detail: string };
type Result = { id: string | null; status: 'imported' | 'refused'; errors?: FieldError[] };

/** Imports the rows in their order: of a repeated id the first one holds, for then two-factor is on. */
export async function importRows(
  ports: Ports,
  rows: readonly unknown[],
  how: How,
  context: Context,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const row of rows) {
    results.push(await importOne(ports, row, how, context));
  }
  return results;
}

/** How many recovery codes these rows bring, whatever else is wrong with them: each takes its time to hash. */
export const recoveryCodesIn = (rows: readonly unknown[]): number =>
  rows.reduce<number>((sum, row) => {
    const codes = (row as { recoveryCodes?: unknown } | null)?.recoveryCodes;
    return sum + (Array.isArray(codes) ? codes.length : 0);
  }, 0);

async function importOne(
  ports: Ports,
  row: unknown,
  { accountId, allowWeak, notify }: How,
  context: Context,
): Promise<Result> {
  const parsed = importRow.safeParse(row);
  if (!parsed.success) {
    return { id: idOf(row) ?? null, status: 'refused', errors: parsed.error.issues.flatMap(pointers) };
  }
  const { id, authenticators: given, recoveryCodes, ...profile } = parsed.data;
  const weak = allowWeak ? [] : given.flatMap(({ secret }, n) => weakness(secret, n));
  if (weak.length > 0) {
    return { id, status: 'refused', errors: weak };
  }
  const ref = { accountId, userId: id };
  const authenticators = given.map(({ label, secret }) => ({ label: label ?? undefined, secret }));
  const command = { profile, authenticators, recoveryCodes: recoveryCodes ?? [], notify };
  const imported = await decideAndSave(ports, ref, (loaded, remembered) =>
    importUser(loaded, ref, command, remembered, context),
  );
  return isRefusal(imported)
    ? { id, status: 'refused', errors: [{ pointer: '', detail: imported.detail ?? 'is in use; try again' }] }
    : { id, ...imported };
}

function weakness({ length }: Uint8Array, nth: number): FieldError[] {
  const { strong } = limits.imports.secretBytes;
  const detail = `has ${length * 8} bits, fewer than ${strong * 8}: say allowWeak to take it`;
  return length < strong ? [{ pointer: `/authenticators/${nth}/secret`, detail }] : [];
}
