/** The operator's command as somebody types it, against a local service of its own. */
import { type Assembly, loadAssembly } from '../../local/stack/assembly.ts';
import { type Local, startLocal } from '../../local/start-local.ts';
import { runCommand } from '../../operator/command.ts';

export type Ran = { code: number; out: string; err: string; json: () => never };

export type Service = {
  local: Local;
  /** Runs a command line; `answer`: what the person types when asked. */
  run(argv: string[], answer?: string): Promise<Ran>;
  close(): Promise<void>;
};

export async function startService(): Promise<Service> {
  const local = await startLocal({ port: 0, assembly: await patientAssembly() });
  return {
    local,
    run: (argv, answer) => run([...argv, '--local', local.url], answer),
    close: () => local.close(),
  };
}

/** The repository's own stack, for a machine that many tests share: functions may take their time, recovery codes cost less. */
async function patientAssembly(): Promise<Assembly> {
  const assembly = await loadAssembly(() => {});
  const template = structuredClone(assembly.template) as { Resources: Record<string, Resource> };
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type === 'AWS::Lambda::Function') {
      Properties.Timeout = 60;
      Object.assign((Properties.Environment as { Variables: object }).Variables, {
        RECOVERY_CODE_ROUNDS: '1000',
      });
    }
  }
  return { ...assembly, template: template as typeof assembly.template };
}
type Resource = { Type: string; Properties: Record<string, unknown> };

/** A command line without a target of its own. */
export async function run(argv: string[], answer?: string): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await runCommand(argv, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    interactive: answer !== undefined,
    ask: async (question) => {
      err += question;
      return answer ?? '';
    },
  });
  return { code, out, err, json: () => JSON.parse(out) as never };
}
