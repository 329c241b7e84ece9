/** RFC 6238 written a second time, from the RFC alone, and programs that others wrote: nothing of ours checks itself. */
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 base32, without padding, as somebody types it from a page. */
export function base32Bytes(text: string): Buffer {
  const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

/** RFC 4226 5.3 over the time step of RFC 6238 4.2: SHA-1, 30 seconds, `digits` digits. */
export function independentCode(secret: Uint8Array, atMs: number, digits = 6): string {
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(atMs / 30_000)));
  const mac = createHmac('sha1', secret).update(step).digest();
  const offset = (mac.at(-1) as number) & 15;
  const number = mac.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

/** Whether all these programs are installed; says which are missing, so that a skipped test has a reason. */
export function installed(...programs: string[]): boolean {
  const missing = programs.filter((program) => {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  if (missing.length > 0) {
    console.log(`skipped: ${missing.join(', ')} not installed`);
  }
  return missing.length === 0;
}

/** The code that oathtool shows for this base32 secret. */
export function oathtoolCode(secretBase32: string, atMs: number): string {
  const now = `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return execFileSync('oathtool', ['--totp', '-b', `--now=${now}`, secretBase32], {
    encoding: 'utf8',
  }).trim();
}
