/** What Acme reads from its environment; AWS credentials, region and endpoints are the SDK's own to read. */

export type Config = {
  port: number;
  /** The stack's output `Issuer`. */
  countersignUrl: string;
  audience: string;
  /** How long one call to Countersign may take; the client's own choice unless given. */
  timeoutMs: number | undefined;
  tableName: string;
  mailFrom: string;
  google: { issuer: string; clientId: string };
  /** Where the local tools (mailbox, clock) answer; absent on a server. */
  devUrl: string | undefined;
  /** The account that anybody may join when signing up; absent on a server. */
  openTeam: string | undefined;
};

/** Throws if a variable is missing. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  return {
    port: Number(required(env, 'ACME_PORT')),
    countersignUrl: required(env, 'COUNTERSIGN_URL'),
    audience: env.COUNTERSIGN_AUDIENCE ?? 'acme',
    timeoutMs: env.COUNTERSIGN_TIMEOUT_MS ? Number(env.COUNTERSIGN_TIMEOUT_MS) : undefined,
    tableName: env.ACME_TABLE ?? 'acme',
    mailFrom: env.ACME_MAIL_FROM ?? 'Acme <hello@acme.example>',
    google: {
      issuer: required(env, 'ACME_GOOGLE_ISSUER'),
      clientId: env.ACME_GOOGLE_CLIENT_ID ?? 'acme-web',
    },
    devUrl: env.ACME_DEV_URL,
    openTeam: env.ACME_OPEN_TEAM,
  };
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (!value) {
    throw new Error(`Acme needs the environment variable ${name}.`);
  }
  return value;
}
