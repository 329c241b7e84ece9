/** The key custody of a stage in the operator's hands: every secret opens, whichever way it is sealed. */
import { dataKeyBox } from '../lambdas/adapters/data-keys.ts';
import type { Custody } from '../lambdas/adapters/held-keys.ts';
import { secretBox } from '../lambdas/adapters/kms.ts';
import { type KeyCustody, secretBoxOf } from '../lambdas/adapters/secret-box.ts';
import type { SecretBox } from '../lambdas/core/ports.ts';
import type { Target } from './target.ts';

export async function custodyOf(target: Target): Promise<Custody> {
  const [table, kms, vaultKeyArn, { stage }] = await Promise.all([
    target.table(),
    target.kms(),
    target.vaultKeyArn(),
    target.stack(),
  ]);
  return { table, kms, vaultKeyArn, stage };
}

/** Opens both kinds, whatever the stage names, and seals by `seals`. */
export const secretsOf = (custody: Custody, seals: KeyCustody): SecretBox =>
  secretBoxOf(
    { keyCustody: seals, alsoOpens: seals === 'kms' ? 'cached' : 'kms' },
    {
      kms: secretBox(custody.kms, custody.vaultKeyArn),
      cached: dataKeyBox(custody, { create: true }),
    },
  );
