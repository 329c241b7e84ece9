/** What the test files of a worker share. Each has modules of its own, so this hangs on the process. */
import { type Kms, startKms } from '../../local/engines/kms.ts';

type Worker = {
  /** The environment that the worker started with. */
  environment: NodeJS.ProcessEnv;
  keys?: Promise<{ kms: Kms; signingKeyArn: string }>;
};

const shared = globalThis as { countersignTestWorker?: Worker };
shared.countersignTestWorker ??= { environment: { ...process.env } };
export const worker: Worker = shared.countersignTestWorker;

/** The worker's KMS, without faults: to make an RSA key takes longer than to start all other engines. */
export async function sharedKeys(): Promise<{ kms: Kms; signingKeyArn: string }> {
  worker.keys ??= startKms().then((kms) => {
    const { arn: signingKeyArn } = kms.createKey({ keySpec: 'RSA_2048', keyUsage: 'SIGN_VERIFY' });
    return { kms, signingKeyArn };
  });
  const keys = await worker.keys;
  keys.kms.clearFaults();
  keys.kms.requests.length = 0;
  return keys;
}
