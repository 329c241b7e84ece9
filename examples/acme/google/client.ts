/** "Sign in with Google": the authorization code flow with PKCE, by openid-client. */
import * as openid from 'openid-client';

export type GoogleAccount = { sub: string; email: string; emailVerified: boolean; amr: string[] };
/** What must come back unchanged; it waits in the browser's session. */
export type Flow = { verifier: string; state: string; nonce: string };

export type Google = {
  /** Where to send the browser. */
  begin(redirectUri: string): Promise<{ url: URL; flow: Flow }>;
  /** Whom the provider vouches for. Throws unless the answer belongs to the flow. */
  finish(callback: URL, flow: Flow): Promise<GoogleAccount>;
};

export function createGoogle({ issuer, clientId }: { issuer: string; clientId: string }): Google {
  const configuration = lazily(() =>
    openid.discovery(new URL(issuer), clientId, undefined, openid.None(), {
      // The local provider has no TLS; a real one is refused without it.
      execute: issuer.startsWith('http://localhost:') ? [openid.allowInsecureRequests] : [],
    }),
  );
  return {
    begin: async (redirectUri) => {
      const flow = {
        verifier: openid.randomPKCECodeVerifier(),
        state: openid.randomState(),
        nonce: openid.randomNonce(),
      };
      const url = openid.buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        scope: 'openid email',
        code_challenge: await openid.calculatePKCECodeChallenge(flow.verifier),
        code_challenge_method: 'S256',
        state: flow.state,
        nonce: flow.nonce,
      });
      return { url, flow };
    },
    finish: async (callback, { verifier, state, nonce }) => {
      const tokens = await openid.authorizationCodeGrant(await configuration(), callback, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (!claims || typeof claims.email !== 'string') {
        throw new Error('The provider named no address.');
      }
      return {
        sub: claims.sub,
        email: claims.email,
        emailVerified: claims.email_verified === true,
        amr: Array.isArray(claims.amr) ? claims.amr.map(String) : [],
      };
    },
  };
}

/** One promise for all callers; a failed one is tried again. */
function lazily<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((error) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}
