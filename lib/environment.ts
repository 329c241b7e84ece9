/** Each function's environment variables: only those for what it is granted. */
import { Token } from 'aws-cdk-lib';
import type { Grant, Resources } from './grants.ts';
import { isWithin, type Stage } from './stage.ts';

type Told = { stage: Stage; issuerUrl: string; tableName: string; resources: Resources };

/** The variables of a function with these grants. */
export function environmentOf(grants: readonly Grant[], told: Told): Record<string, string> {
  const { stage, issuerUrl, tableName, resources } = told;
  const uses = (...kinds: string[]) => grants.some((grant) => kinds.includes(grant.split(':')[0] as string));
  return {
    STAGE: stage.name,
    PRODUCT_NAME: stage.productName,
    ISSUER_URL: issuerUrl,
    AUDIENCE: stage.audience,
    POWERTOOLS_SERVICE_NAME: 'countersign',
    POWERTOOLS_METRICS_NAMESPACE: metricsNamespace(stage),
    ...(stage.supportContact && { SUPPORT_CONTACT: stage.supportContact }),
    ...(uses('state', 'keyring', 'outbox', 'audit', 'attempts', 'ledger', 'directory', 'token') && {
      TABLE_NAME: tableName,
    }),
    ...(uses('state') && stateEnvironment(stage, issuerUrl)),
    ...(uses('state', 'audit', 'attempts') && auditEnvironment(stage)),
    // Token keys may lie in the table, wrapped by the vault key.
    ...(uses('keyring', 'totp', 'token') && { VAULT_KEY_ARN: resources.vaultKeyArn }),
    ...(uses('keyring', 'totp', 'token') && custodyEnvironment(stage)),
    ...(uses('token') && { SIGNING_KEY_ARNS: resources.signingKeyArns.join(',') }),
    ...(uses('mail') && {
      MAIL_FROM: stage.mailFrom,
      ...(stage.settingsUrl && { SETTINGS_URL: stage.settingsUrl }),
      MAIL_CONFIGURATION_SET: resources.mailConfigurationSet,
    }),
    ...smsEnvironment(stage, grants),
    ...(uses('outbox') && { MAILS_PER_SECOND: String(stage.mailsPerSecond) }),
    ...(uses('events', 'attempts') && stage.eventBusName && { EVENT_BUS_NAME: stage.eventBusName }),
  };
}

/** Where the functions' own metrics are: each stage has its own, so that no alarm counts another stage's. */
export const metricsNamespace = ({ name }: Pick<Stage, 'name'>) => `Countersign/${name}`;

/** What decisions about a person read. */
function stateEnvironment(stage: Stage, issuerUrl: string): Record<string, string> {
  const { passkeys, defaultPolicy, front } = stage;
  const returnOrigins = stage.returnOrigins ?? stage.allowedOrigins;
  return {
    ...(defaultPolicy && { DEFAULT_POLICY: JSON.stringify(defaultPolicy) }),
    ...(returnOrigins.length > 0 && { RETURN_ORIGINS: returnOrigins.join(',') }),
    ...(passkeys && {
      PASSKEY_RP_ID: passkeys.rpId,
      PASSKEY_ORIGINS: [...new Set([...passkeys.origins, ...promptOrigin(issuerUrl, passkeys.rpId)])].join(
        ',',
      ),
    }),
    ...(front && { FRONT_SECRET_SHA256: front.secretSha256 }),
  };
}

/** The hosted prompt asks for passkeys too, where the API's own domain lets it. */
function promptOrigin(issuerUrl: string, rpId: string): string[] {
  const isKnown = !Token.isUnresolved(issuerUrl);
  return isKnown && isWithin(new URL(issuerUrl).hostname, rpId) ? [new URL(issuerUrl).origin] : [];
}

const auditEnvironment = ({ auditSignIns, auditDays }: Stage): Record<string, string> => ({
  AUDIT_SIGN_INS: String(auditSignIns),
  AUDIT_SIGN_IN_DAYS: String(auditDays.signIns),
  AUDIT_CHANGE_DAYS: String(auditDays.changes),
});

function custodyEnvironment({ keyCustody, alsoOpens }: Stage): Record<string, string> {
  return { KEY_CUSTODY: keyCustody, ...(alsoOpens && { ALSO_OPENS: alsoOpens }) };
}

/** All functions know whether the stage sends text messages; those that send them know from where and how many. */
function smsEnvironment({ sms, allowedOrigins }: Stage, grants: readonly Grant[]): Record<string, string> {
  if (!sms) {
    return {};
  }
  return {
    SMS_DOMAIN: sms.domain ?? new URL(allowedOrigins[0] as string).hostname,
    ...(grants.includes('sms:send') && {
      SMS_ORIGINATION_ARN: sms.originationArn,
      SMS_PER_ACCOUNT_DAY: String(sms.perAccountDay),
      ...(sms.configurationSet && { SMS_CONFIGURATION_SET: sms.configurationSet }),
      ...(sms.countries.length > 0 && { SMS_COUNTRIES: sms.countries.join(',') }),
    }),
  };
}
