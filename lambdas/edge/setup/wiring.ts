/**
 * The only place that knows the adapters. Each flow asks for the ports that it needs, by name, so that its bundle holds
 * nothing else; clients and what they learn (keys, the keyring) live as long as the function's environment.
 */
import { auditTrail } from '../../adapters/audit-trail.ts';
import { directory } from '../../adapters/directory.ts';
import { type Table, tableClient } from '../../adapters/dynamodb.ts';
import { eventBridgeClient, eventBus } from '../../adapters/event-bus.ts';
import { challengeSeal } from '../../adapters/keyring.ts';
import { refOfKey } from '../../adapters/keys.ts';
import { kmsClient, secretBox } from '../../adapters/kms.ts';
import { ledger } from '../../adapters/ledger.ts';
import { outboxFinder } from '../../adapters/outbox-finder.ts';
import { recoveryHasher } from '../../adapters/recovery-hasher.ts';
import { mailer, sesClient } from '../../adapters/ses.ts';
import { smsClient, texter } from '../../adapters/sms.ts';
import { smsCounts } from '../../adapters/sms-counts.ts';
import { type TokenSettings, tokenSigner, tokenVerifier } from '../../adapters/tokens.ts';
import { userStore } from '../../adapters/user-store.ts';
import type * as ports from '../../core/ports.ts';
import type { SmsPorts } from '../run/send-sms.ts';
import { setting } from './config.ts';

/** Made at first use. The calls below are marked pure, so that a bundle drops the ports that its flow does not use. */
const once = <T>(make: () => T): (() => T) => {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

const table = /* @__PURE__ */ once((): Table => ({ client: tableClient(), name: setting('tableName') }));
const kms = /* @__PURE__ */ once(kmsClient);
const tokenSettings = /* @__PURE__ */ once(
  (): TokenSettings => ({
    keyArns: setting('signingKeyArns') as unknown as TokenSettings['keyArns'],
    issuer: setting('issuerUrl'),
    audience: setting('audience'),
  }),
);

export const store = /* @__PURE__ */ once((): ports.UserStore => userStore(table()));
export const audit = /* @__PURE__ */ once((): ports.AuditTrail => auditTrail(table()));
export const finder = /* @__PURE__ */ once((): ports.OutboxFinder => outboxFinder(table()));
export const books = /* @__PURE__ */ once((): ports.Ledger => ledger(table()));
export const lookup = /* @__PURE__ */ once((): ports.Directory => directory(table()));
export const secrets = /* @__PURE__ */ once((): ports.SecretBox => secretBox(kms(), setting('vaultKeyArn')));
export const signer = /* @__PURE__ */ once((): ports.TokenSigner => tokenSigner(kms(), tokenSettings()));
export const verifier = /* @__PURE__ */ once(
  (): ports.TokenVerifier => tokenVerifier(kms(), tokenSettings()),
);
export const hasher = /* @__PURE__ */ once(
  (): ports.RecoveryHasher => recoveryHasher(setting('recoveryCodeRounds')),
);
export const mail = /* @__PURE__ */ once(
  (): ports.Mailer => mailer(sesClient(), setting('mailFrom'), setting('mailConfigurationSet')),
);

const keyring = (create: boolean) =>
  challengeSeal(
    {
      table: setting('tableName'),
      dynamodb: table().client,
      kms: kms(),
      vaultKeyArn: setting('vaultKeyArn'),
    },
    { create },
  );
export const seal = /* @__PURE__ */ once((): ports.ChallengeSeal => keyring(false));
/** For the flows that may be the very first to need a key. */
export const sealThatCreates = /* @__PURE__ */ once((): ports.ChallengeSeal => keyring(true));

/** Whose outbox a table key names, if it names one. */
export const outboxRefOfKey = refOfKey;

export const counts = /* @__PURE__ */ once((): ports.SmsCounts => smsCounts(table()));

/** Undefined where the deployment sends no text messages. */
export const sms = /* @__PURE__ */ once((): SmsPorts | undefined => {
  const domain = setting('smsDomain');
  return domain === undefined
    ? undefined
    : {
        texter: texter(smsClient(), setting('smsOriginationArn'), setting('smsConfigurationSet')),
        counts: counts(),
        domain,
        countries: setting('smsCountries'),
        perAccountDay: setting('smsPerAccountDay'),
      };
});

/** Undefined where the deployment has no event bus. */
export const announcer = /* @__PURE__ */ once((): ports.Announcer | undefined => {
  const bus = setting('eventBusName');
  return bus === undefined ? undefined : eventBus(eventBridgeClient(), bus);
});

/** What a change of one's own two-factor takes: any factor may stand as its proof. */
export const proofPorts = () => ({
  store: store(),
  seal: seal(),
  secrets: secrets(),
  hasher: hasher(),
  smsCounts: counts(),
});
