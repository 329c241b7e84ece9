/**
 * The only place that knows the adapters. Each flow asks for the ports that it needs, by name, so that its bundle holds
 * nothing else; clients and what they learn (keys, the keyring) live as long as the function's environment.
 */
import { attemptLog as attemptLogOf, attemptOfImage as readAttempt } from '../../adapters/attempt-log.ts';
import { auditTrail as auditTrailOf } from '../../adapters/audit-trail.ts';
import { dataKeyBox } from '../../adapters/data-keys.ts';
import { directory as directoryOf } from '../../adapters/directory.ts';
import { type Table, tableClient } from '../../adapters/dynamodb.ts';
import { eventBridgeClient, eventBus } from '../../adapters/event-bus.ts';
import type { Custody } from '../../adapters/held-keys.ts';
import { challengeSeal } from '../../adapters/keyring.ts';
import { refOfKey } from '../../adapters/keys.ts';
import { kmsClient, secretBox } from '../../adapters/kms.ts';
import { ledger as ledgerOf } from '../../adapters/ledger.ts';
import { outboxFinder as outboxFinderOf } from '../../adapters/outbox-finder.ts';
import { recoveryHasher } from '../../adapters/recovery-hasher.ts';
import { registrations as registrationsOf } from '../../adapters/registrations.ts';
import { secretBoxOf } from '../../adapters/secret-box.ts';
import { mailer as mailerOf, sesClient } from '../../adapters/ses.ts';
import { smsClient, texter } from '../../adapters/sms.ts';
import { smsCounts as smsCountsOf } from '../../adapters/sms-counts.ts';
import { cachedTokenKeys, kmsTokenKeys, type TokenKeys, tokenKeysOf } from '../../adapters/token-keys.ts';
import { type TokenNames, tokenSigner, tokenVerifier } from '../../adapters/tokens.ts';
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

// Settings are read as the function starts, so that a missing one stops it there.
const tableName = /* @__PURE__ */ setting('tableName');
const vaultKeyArn = /* @__PURE__ */ setting('vaultKeyArn');
const recoveryCodeRounds = /* @__PURE__ */ setting('recoveryCodeRounds');
const eventBusName = /* @__PURE__ */ setting('eventBusName');
const signingKeyArns = /* @__PURE__ */ signingKeyArnsOf();
const tokenNames = /* @__PURE__ */ tokenNamesOf();
const custody = /* @__PURE__ */ custodyOf();
const mailSettings = /* @__PURE__ */ mailSettingsOf();
const smsSettings = /* @__PURE__ */ smsSettingsOf();
const auditDays = /* @__PURE__ */ auditDaysOf();

function auditDaysOf() {
  return { signIns: setting('auditSignInDays'), changes: setting('auditChangeDays') };
}

/** The first signs, all are published. */
function signingKeyArnsOf() {
  return setting('signingKeyArns') as unknown as [string, ...string[]];
}

function tokenNamesOf(): TokenNames {
  return { issuer: setting('issuerUrl'), audience: setting('audience') };
}

function custodyOf() {
  return { stage: setting('stage'), keyCustody: setting('keyCustody'), alsoOpens: setting('alsoOpens') };
}

function mailSettingsOf() {
  return { from: setting('mailFrom'), configurationSet: setting('mailConfigurationSet') };
}

/** Undefined where the deployment sends no text messages. */
function smsSettingsOf() {
  const domain = setting('smsDomain');
  return domain === undefined
    ? undefined
    : {
        domain,
        originationArn: setting('smsOriginationArn'),
        configurationSet: setting('smsConfigurationSet'),
        countries: setting('smsCountries'),
        perAccountDay: setting('smsPerAccountDay'),
      };
}

const table = /* @__PURE__ */ once((): Table => ({ client: tableClient(), name: tableName }));
const kms = /* @__PURE__ */ once(kmsClient);

/** Refuses an account that is closed. */
/** The policy of accounts that have none. */
export const policyDefaults = /* @__PURE__ */ setting('defaultPolicy');

export const store = /* @__PURE__ */ once(
  (): ports.UserStore => userStore(table(), { opensClosed: false, defaults: policyDefaults }),
);
/** For whoever closes accounts and works on closed ones. */
export const storeOfAll = /* @__PURE__ */ once(
  (): ports.UserStore => userStore(table(), { defaults: policyDefaults }),
);
export const auditTrail = /* @__PURE__ */ once(
  (): ports.AuditTrail => auditTrailOf(table(), auditDays.changes),
);
export const attemptLog = /* @__PURE__ */ once(
  (): ports.AttemptLog => attemptLogOf(table(), auditDays.signIns),
);
export const outboxFinder = /* @__PURE__ */ once((): ports.OutboxFinder => outboxFinderOf(table()));
export const ledger = /* @__PURE__ */ once((): ports.Ledger => ledgerOf(table()));
export const directory = /* @__PURE__ */ once((): ports.Directory => directoryOf(table()));

const vault = (): Custody => ({ table: table(), kms: kms(), vaultKeyArn, stage: custody.stage });
const secretsOf = (create: boolean): ports.SecretBox =>
  secretBoxOf(custody, {
    kms: secretBox(kms(), vaultKeyArn),
    cached: dataKeyBox(vault(), { create }),
  });
export const secrets = /* @__PURE__ */ once((): ports.SecretBox => secretsOf(false));
/** For the flow that seals secrets, and may be the first to need a shard's key. */
export const secretsThatCreate = /* @__PURE__ */ once((): ports.SecretBox => secretsOf(true));

const usesKms = () => custody.keyCustody === 'kms' || custody.alsoOpens === 'kms';
const kmsKeys = /* @__PURE__ */ once((): TokenKeys => kmsTokenKeys(kms(), signingKeyArns));
const cachedKeys = (create: boolean) => cachedTokenKeys(vault(), { create, others: usesKms() });

/** The new custody's keys before those of the one that the stage comes from. */
function tokenKeys(create: boolean): TokenKeys {
  const moves = custody.alsoOpens !== undefined;
  return custody.keyCustody === 'kms'
    ? tokenKeysOf(kmsKeys(), moves ? cachedKeys(false) : undefined)
    : tokenKeysOf(cachedKeys(create), moves ? kmsKeys() : undefined);
}
export const signer = /* @__PURE__ */ once(
  (): ports.TokenSigner => tokenSigner(tokenKeys(false), tokenNames),
);
/** For the flows that may be the very first to sign. */
export const signerThatCreates = /* @__PURE__ */ once(
  (): ports.TokenSigner => tokenSigner(tokenKeys(true), tokenNames),
);
export const verifier = /* @__PURE__ */ once(
  (): ports.TokenVerifier => tokenVerifier(tokenKeys(false), tokenNames),
);
/** For the key set: KMS's own key is always in it, so that a stage can go back to it at any time. */
export const publisher = /* @__PURE__ */ once(
  (): ports.TokenVerifier =>
    tokenVerifier(usesKms() ? tokenKeys(false) : tokenKeysOf(tokenKeys(false), kmsKeys()), tokenNames),
);

let hasTokenKey = false;
/** Makes the stage's first token key if it has none: a sign-in that starts now needs one when it ends. */
export async function firstTokenKey(nowMs: number): Promise<void> {
  if (!hasTokenKey && custody.keyCustody === 'cached') {
    hasTokenKey = await cachedKeys(true).exist(nowMs);
  }
}

export const hasher = /* @__PURE__ */ once((): ports.RecoveryHasher => recoveryHasher(recoveryCodeRounds));
export const mailer = /* @__PURE__ */ once(
  (): ports.Mailer => mailerOf(sesClient(), mailSettings.from, mailSettings.configurationSet),
);

const keyring = (create: boolean) =>
  challengeSeal({ table: tableName, dynamodb: table().client, kms: kms(), vaultKeyArn }, { create });
export const seal = /* @__PURE__ */ once((): ports.ChallengeSeal => keyring(false));
/** For the flows that may be the very first to need a key. */
export const sealThatCreates = /* @__PURE__ */ once((): ports.ChallengeSeal => keyring(true));

/** Whose outbox a table key names, if it names one. */
export const outboxRefOfKey = refOfKey;
/** The attempt that an item of the table's stream was written by. */
export const attemptOfImage = readAttempt;

export const smsCounts = /* @__PURE__ */ once((): ports.SmsCounts => smsCountsOf(table()));

/** The library comes with the first passkey that is presented: most sign-ins never load it (`lib/bundles.ts`). */
const assertions = /* @__PURE__ */ once(
  (): ports.Assertions => ({
    verify: async (...asked) => (await import('../../adapters/assertions.ts')).assertions.verify(...asked),
  }),
);
export const registrations = /* @__PURE__ */ once(registrationsOf);

/** Undefined where the deployment sends no text messages. */
export const sms = /* @__PURE__ */ once((): SmsPorts | undefined => {
  if (!smsSettings) {
    return undefined;
  }
  const { originationArn, configurationSet, ...more } = smsSettings;
  return { ...more, texter: texter(smsClient(), originationArn, configurationSet), counts: smsCounts() };
});

/** Undefined where the deployment has no event bus. */
export const announcer = /* @__PURE__ */ once((): ports.Announcer | undefined =>
  eventBusName === undefined ? undefined : eventBus(eventBridgeClient(), eventBusName),
);

/** What a change of one's own two-factor takes: any factor may stand as its proof. */
export const proofPorts = () => ({
  store: store(),
  seal: seal(),
  secrets: secrets(),
  hasher: hasher(),
  smsCounts: smsCounts(),
  assertions: assertions(),
});
