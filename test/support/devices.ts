/** Browsers that a person asks to be remembered in. */
import type { CallOptions, Reply } from './deployment.ts';
import type { Person } from './person.ts';

export const chromeOnMac =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
export const firefoxOnWindows =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0';

/** Completes a sign-in by this method and asks to be remembered. */
export async function signInRemembered(
  person: Person,
  method = 'totp',
  code?: string,
  options: CallOptions = {},
): Promise<Reply> {
  const challengeToken = await person.challengeToken();
  const body = { challengeToken, method, code: code ?? person.code(), rememberDevice: true };
  return person.call('verify-challenge', { body, ...options });
}

/** A device token, minted by a full second factor; leaves the present one time step later. */
export async function remember(person: Person, options: CallOptions = {}): Promise<string> {
  const reply = await signInRemembered(person, 'totp', undefined, options);
  person.later(30_000);
  if (typeof reply.body.deviceToken !== 'string') {
    throw new Error(`not remembered: ${JSON.stringify(reply.body)}`);
  }
  return reply.body.deviceToken;
}

/** What a sign-in with this device token leads to: `passed`, `challenge` or `enrollment_required`. */
export const statusWith = async (person: Person, deviceToken: string): Promise<string> =>
  (await person.signIn({ deviceToken })).body.status;
