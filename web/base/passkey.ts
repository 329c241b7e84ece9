/** The browser's part of passkeys: WebAuthn's options and answers in JSON, and a deadline of our own. */
import type {
  NewPasskeyOptions,
  PasskeyAssertion,
  PasskeyCredential,
  PasskeyOptions,
} from '../../client/browser.ts';

/** How long somebody may look for their key or phone. Where nothing answers, browsers may wait for ever. */
const deadlineMs = 120_000;

/** Why there is no passkey; the texts `passkey.problem.…` say it. */
type PasskeyProblem = 'dismissed' | 'no_answer' | 'known' | 'no_lock' | 'unusable';
type Outcome<Answer> = { answer: Answer } | { problem: PasskeyProblem };

/** Whether this browser has passkeys at all. */
export const canUsePasskeys = (): boolean => isSecureContext && 'PublicKeyCredential' in globalThis;

/** Whether this device itself can check a finger, a face or a screen lock. Without it, a passkey needs another device. */
export const hasScreenLock = async (): Promise<boolean> =>
  canUsePasskeys() && PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false);

/** The sheet by which a browser asks for a passkey. Open it in the click itself: browsers require the gesture. */
export class PasskeySheet {
  #abort: AbortController | undefined;

  get isOpen(): boolean {
    return this.#abort !== undefined;
  }

  /** Asks for one of the passkeys that the options name. */
  get({ challenge, allowCredentials, ...options }: PasskeyOptions): Promise<Outcome<PasskeyAssertion>> {
    const publicKey = {
      ...options,
      challenge: bytes(challenge),
      allowCredentials: allowCredentials.map(withBytes),
    };
    return this.#ask(
      (signal) => navigator.credentials.get({ publicKey, signal }),
      (credential) => {
        const { authenticatorData, signature, userHandle } =
          credential.response as AuthenticatorAssertionResponse;
        return {
          ...common(credential),
          response: {
            clientDataJSON: text(credential.response.clientDataJSON),
            authenticatorData: text(authenticatorData),
            signature: text(signature),
            ...(userHandle && { userHandle: text(userHandle) }),
          },
        };
      },
    );
  }

  /** Has a device make a new passkey. */
  create({
    challenge,
    user,
    excludeCredentials,
    ...options
  }: NewPasskeyOptions): Promise<Outcome<PasskeyCredential>> {
    const publicKey = {
      ...options,
      challenge: bytes(challenge),
      user: { ...user, id: bytes(user.id) },
      excludeCredentials: excludeCredentials.map(withBytes),
    };
    return this.#ask(
      (signal) => navigator.credentials.create({ publicKey, signal }),
      (credential) => {
        const response = credential.response as AuthenticatorAttestationResponse;
        return {
          ...common(credential),
          response: {
            clientDataJSON: text(response.clientDataJSON),
            attestationObject: text(response.attestationObject),
            transports: response.getTransports?.() ?? [],
          },
        };
      },
    );
  }

  /** Takes the sheet away. Whoever does so has gone on, and no longer listens to the answer. */
  close(): void {
    this.#abort?.abort('dismissed' satisfies PasskeyProblem);
  }

  async #ask<Answer>(
    ask: (signal: AbortSignal) => Promise<Credential | null>,
    read: (credential: PublicKeyCredential) => Answer,
  ): Promise<Outcome<Answer>> {
    this.close();
    const abort = new AbortController();
    this.#abort = abort;
    const deadline = setTimeout(() => abort.abort('no_answer' satisfies PasskeyProblem), deadlineMs);
    try {
      return { answer: read((await ask(abort.signal)) as PublicKeyCredential) };
    } catch (error) {
      return { problem: abort.signal.aborted ? abort.signal.reason : problemOf(error) };
    } finally {
      clearTimeout(deadline);
      if (this.#abort === abort) {
        this.#abort = undefined;
      }
    }
  }
}

/** Browsers tell little on purpose: `NotAllowedError` is a refusal, a wrong PIN and a timeout of their own. */
function problemOf(error: unknown): PasskeyProblem {
  switch ((error as DOMException).name) {
    case 'InvalidStateError':
      return 'known';
    case 'ConstraintError':
      return 'no_lock';
    case 'SecurityError':
    case 'NotSupportedError':
      return 'unusable';
    default:
      return 'dismissed';
  }
}

const common = ({ id, rawId, type }: PublicKeyCredential) => ({ id, rawId: text(rawId), type });

const withBytes = ({ id, transports, type }: PasskeyOptions['allowCredentials'][number]) => ({
  type,
  id: bytes(id),
  ...(transports && { transports: transports as AuthenticatorTransport[] }),
});

/** The bytes of base64url. */
const bytes = (base64url: string): ArrayBuffer =>
  Uint8Array.from(atob(base64url.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0))
    .buffer;

/** Bytes as base64url without padding. */
const text = (given: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(given)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
