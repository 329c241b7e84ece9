/** Every format, by the name that `--format` takes. */
import { auth0 } from './auth0.ts';
import { authelia } from './authelia.ts';
import { betterAuth } from './better-auth.ts';
import { csv } from './csv.ts';
import type { Format } from './format.ts';
import { fusionauth } from './fusionauth.ts';
import { googleAuthenticator } from './google-authenticator.ts';
import { kratos } from './kratos.ts';
import { otpauth } from './otpauth.ts';

export const formats: readonly Format[] = [
  otpauth,
  csv,
  auth0,
  kratos,
  authelia,
  betterAuth,
  fusionauth,
  googleAuthenticator,
];
