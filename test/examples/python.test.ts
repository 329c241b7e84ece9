/** The Python example in a virtual environment of its own. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrowserClient } from '../../client/browser.ts';
import type { Local } from '../../local/start-local.ts';
import { challengeOf, clientOf, enrol, startService } from '../support/signed-in.ts';

const venv = new URL('../../.build/python-example', import.meta.url).pathname;
const python = `${venv}/bin/python`;

/** Whether the environment is there; without Python, its venv module or the packages, the tests say why they are skipped. */
function prepared(): boolean {
  try {
    if (!existsSync(python)) {
      execFileSync('python3', ['-m', 'venv', venv], { stdio: 'pipe' });
    }
    const packages = ['requests', 'botocore', 'PyJWT[crypto]'];
    const quietly = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check'];
    execFileSync(python, [...quietly, ...packages], { stdio: 'pipe' });
    return true;
  } catch (error) {
    console.warn(`Skipped: no Python environment. ${(error as Error).message.slice(0, 300)}`);
    return false;
  }
}
const isPrepared = prepared();

describe.skipIf(!isPrepared)('the Python back end', () => {
  let local: Local;
  beforeAll(async () => {
    local = await startService();
  });
  afterAll(() => local.close());

  /** Calls the example; answers with what it returns, or with the error that it raises. */
  const call = async (method: 'start' | 'finish', ...args: unknown[]) => {
    const program = `
import json, sys
from sign_in import Countersign
url, method, args = json.loads(sys.argv[1])
try:
    print(json.dumps(getattr(Countersign(url, "acme", "us-east-1"), method)(*args)))
except Exception as error:
    print(json.dumps({"error": str(error)}))`;
    const { stdout } = await promisify(execFile)(
      python,
      ['-c', program, JSON.stringify([local.url, method, args])],
      {
        cwd: new URL('../../examples/python', import.meta.url).pathname,
        env: { ...process.env, AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local-secret' },
      },
    );
    return JSON.parse(stdout);
  };

  it('signs in by a second factor, and refuses every other token', async () => {
    const { recoveryCodes } = await enrol(local, 'acme', 'ada');
    local.clock.reset();
    const started = await call('start', 'acme', { id: 'ada', email: 'ada@example.com' });
    expect(started).toMatchObject({ status: 'challenge', challengeToken: expect.any(String) });
    const { challengeToken, challengeId } = started;
    const verified = await new BrowserClient({ url: local.url, timeoutMs: 60_000 }).verifyChallenge({
      challengeToken,
      method: 'recovery_code',
      code: recoveryCodes[0] as string,
    });
    const { token } = verified as { token: string };
    expect(await call('finish', token, 'acme', 'ada', challengeId)).toMatchObject({
      sub: 'ada',
      second_factor: 'recovery_code',
    });

    const other = await challengeOf(local, 'acme', 'ada');
    const another = { error: 'another sign-in' };
    expect(await call('finish', token, 'acme', 'ada', other.challengeId)).toEqual(another);
    expect(await call('finish', token, 'other', 'ada', challengeId)).toEqual(another);
    expect(await call('finish', token, 'acme', 'bob', challengeId)).toEqual(another);
    const userToken = await clientOf(local.url).userToken({ accountId: 'acme', userId: 'ada', role: 'user' });
    expect(await call('finish', userToken.token, 'acme', 'ada', challengeId)).toEqual({
      error: 'not a result token',
    });
    expect(await call('finish', `${token.slice(0, -8)}AAAAAAAA`, 'acme', 'ada', challengeId)).toEqual({
      error: 'Signature verification failed',
    });
  }, 90_000);
});
