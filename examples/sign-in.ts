/** The README's example: what an app's back end does with Countersign. `test/docs.test.ts` signs in with it. */
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { createRemoteJWKSet, jwtVerify } from 'jose';

type Aws = Pick<ConstructorParameters<typeof SignatureV4>[0], 'credentials' | 'region'>;
type User = { accountId: string; id: string; email: string };
type Started =
  | { status: 'passed'; token: string; secondFactor: string }
  | { status: 'challenge' | 'enrollment_required'; challengeToken: string; challengeId: string };

/** What the signer hashes with: SHA-256, or HMAC-SHA-256 where it gives a secret. */
function Sha256(secret?: Uint8Array) {
  return secret ? createHmac('sha256', secret) : createHash('sha256');
}

/** `url` is the stack's output `Issuer`; `aws` holds what the AWS SDK would sign with. */
export function countersign(url: string, audience: string, aws: Aws) {
  const signer = new SignatureV4({ ...aws, service: 'execute-api', sha256: Sha256 as never });
  const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
  const { protocol, hostname, host } = new URL(url);

  /** Calls an app route. */
  async function post<Answer>(path: string, content: object): Promise<Answer> {
    const body = JSON.stringify(content);
    const headers = { host, 'content-type': 'application/json' };
    const signed = await signer.sign({ method: 'POST', protocol, hostname, path, headers, body });
    const answer = await fetch(url + path, { method: 'POST', headers: signed.headers, body });
    if (!answer.ok) throw new Error(`Countersign answered ${answer.status}: ${await answer.text()}`);
    return answer.json() as Promise<Answer>;
  }

  /** The password was right: what follows? `passed`, or a `challengeToken` for the browser to go on with. */
  const start = ({ accountId, ...user }: User) =>
    post<Started>('/v1/challenges', { accountId, user, firstFactor: { method: 'password' } });

  /** The browser came back with a token. Throws unless it completes this user's sign-in, that of `challengeId`. */
  async function finish(token: string, user: User, challengeId: string) {
    const expected = { issuer: url, audience, subject: user.id, typ: 'countersign-result+jwt' };
    const { payload } = await jwtVerify(token, keys, { ...expected, algorithms: ['RS256'] });
    if (payload.account !== user.accountId || payload.nonce !== challengeId)
      throw new Error('Another sign-in');
    return payload;
  }

  return { post, start, finish };
}
