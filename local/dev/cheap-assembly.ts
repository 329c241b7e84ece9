/** The assembly for pictures and browser tests: real but for the cost of its recovery codes. */
import { type Assembly, loadAssembly } from '../stack/assembly.ts';

/** Hashes of recovery codes take no time on purpose, so that a busy machine does not run into a function's timeout. */
export async function cheapAssembly(): Promise<Assembly> {
  const assembly = await loadAssembly(() => {});
  for (const { Type, Properties } of Object.values(assembly.template.Resources)) {
    if (Type === 'AWS::Lambda::Function') {
      const { Environment } = Properties as { Environment?: { Variables: Record<string, unknown> } };
      Object.assign(Environment?.Variables ?? {}, { RECOVERY_CODE_ROUNDS: '1000' });
    }
  }
  return assembly;
}
