/** The assembly for pictures and browser tests: the stack as it is, on a machine that is busy with other things. */
import { type Assembly, loadAssembly } from '../stack/assembly.ts';

type FunctionProperties = { Timeout?: number; Environment?: { Variables: Record<string, unknown> } };

/** Functions get a minute, and recovery codes, which are slow to hash on purpose, cost next to nothing. */
export async function patientAssembly(): Promise<Assembly> {
  const assembly = await loadAssembly(() => {});
  for (const { Type, Properties } of Object.values(assembly.template.Resources)) {
    if (Type === 'AWS::Lambda::Function') {
      const properties = Properties as FunctionProperties;
      properties.Timeout = 60;
      Object.assign(properties.Environment?.Variables ?? {}, { RECOVERY_CODE_ROUNDS: '1000' });
    }
  }
  return assembly;
}
