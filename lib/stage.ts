/**
 * The configuration of one deployed stage: `stages/<name>.json` or the properties of the construct, read once, refused
 * when anything in it is not known.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { routes } from '../lambdas/routes.ts';
import type { CountersignProps, DefaultPolicy } from './props.ts';
import { stageFields } from './stage-fields.ts';

/** What is wrong with a stage, for whoever wrote it: its message says all, its stack nothing. */
export class StageError extends Error {}

const stageName = z
  .string('must be text')
  .regex(/^[a-z][a-z0-9-]{0,19}$/, 'must be 1 to 20 lower-case letters, digits and dashes');

const policy = routes['propose-policy'].body.shape.policy;
const defaultPolicy = z.custom<DefaultPolicy>().superRefine((given, context) => {
  for (const { message, path } of policy.safeParse(given).error?.issues ?? []) {
    context.addIssue({ code: 'custom', message, path: [...path] });
  }
  if (Object.hasOwn(Object(given), 'requiredFrom')) {
    context.addIssue({ code: 'custom', message: 'is a matter of each account', path: ['requiredFrom'] });
  }
});

/** The host is this relying party's domain, or one below it (WebAuthn 5.1.3). */
export const isWithin = (host: string, rpId: string) => host === rpId || host.endsWith(`.${rpId}`);
const hostOf = (origin: string) => new URL(origin).hostname;

type Fields = z.infer<z.ZodObject<ReturnType<typeof stageFields>>>;
type Rule = { path: string[]; message: string; holds: (fields: Fields) => boolean };

/** What fields ask of one another. */
const rules: Rule[] = [
  {
    path: ['sms', 'domain'],
    message: 'sms.domain is needed where there is no allowed origin',
    holds: ({ sms, allowedOrigins }) => !sms || sms.domain !== undefined || allowedOrigins.length > 0,
  },
  {
    path: ['disableExecuteApiEndpoint'],
    message: 'would leave the API without an address: it needs a domain',
    holds: ({ disableExecuteApiEndpoint, domain }) => !disableExecuteApiEndpoint || domain !== undefined,
  },
  {
    path: ['front'],
    message: 'needs a domain: the front finds the API by it, and the app goes on to call it there',
    holds: ({ front, domain }) => !front || domain !== undefined,
  },
  {
    path: ['passkeys', 'rpId'],
    message: 'must be the host, or a parent domain of the host, of every origin of passkeys',
    holds: ({ passkeys }) =>
      !passkeys || passkeys.origins.every((each) => isWithin(hostOf(each), passkeys.rpId)),
  },
  {
    path: ['passkeys', 'rpId'],
    message:
      "must be the host, or a parent domain, of the API's own domain, where returnOrigins opens the prompt there",
    holds: ({ passkeys, returnOrigins, front, domain, issuerUrl }) => {
      const apiHost = front?.domain.name ?? domain?.name ?? (issuerUrl && hostOf(issuerUrl)) ?? '';
      return !passkeys || !returnOrigins?.length || isWithin(apiHost, passkeys.rpId);
    },
  },
  {
    path: ['alsoOpens'],
    message: 'must be the custody that the stage comes from, not the one that it has',
    holds: ({ alsoOpens, keyCustody }) => alsoOpens !== keyCustody,
  },
  {
    path: ['operatorRoleArns'],
    message: 'must not name a role of callerRoleArns: who may start sign-ins rewrites and erases nothing',
    holds: ({ callerRoleArns, operatorRoleArns }) =>
      !operatorRoleArns.some((arn) => callerRoleArns.includes(arn)),
  },
  {
    path: ['throttles'],
    message: `names a route that there is not; there are ${Object.keys(routes).join(', ')}`,
    holds: ({ throttles }) => Object.keys(throttles).every((flow) => Object.hasOwn(routes, flow)),
  },
];

const checkRules = (fields: Fields, context: z.RefinementCtx) => {
  for (const { path, message, holds } of rules) {
    if (!holds(fields)) {
      context.addIssue({ code: 'custom', path, message });
    }
  }
};

const constructFields = (isOwnMachine: boolean) => ({
  ...stageFields(isOwnMachine),
  defaultPolicy: defaultPolicy.optional(),
});

/** Only a stage of a file has these: a construct takes them from its stack. */
const ofItsOwnStack = {
  region: z
    .string('must be text')
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is not an AWS region')
    .optional(),
  account: z
    .string('must be text')
    .regex(/^\d{12}$/, 'must have 12 digits')
    .optional(),
  /** A folder of mail texts that replace the built-in ones; from `stages/` on. `docs/mails.md` tells what is in it. */
  mailsDir: z.string('must be text').min(1, 'must not be empty').optional(),
};

/** A checked stage, as the construct reads it. */
export type Stage = z.infer<z.ZodObject<ReturnType<typeof constructFields>>> & { name: string };
type OfItsOwnStack = z.infer<z.ZodObject<typeof ofItsOwnStack>>;

const isOwnMachine = (name: string) => name === 'local';

function parse<T>(schema: z.ZodType<T>, given: unknown, what: string): T {
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    throw new StageError(`${what} is not valid:\n${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}

/**
 * The properties of the construct at `constructPath`, checked. Throws a `StageError` that names every wrong one.
 */
export function parseProps(props: Omit<CountersignProps, 'bundlesDir'>, constructPath: string): Stage {
  const { stage = 'prod', ...given } = props;
  const name = parse(z.object({ stage: stageName }), { stage }, constructPath).stage;
  const schema = z.strictObject(constructFields(isOwnMachine(name))).superRefine(checkRules);
  return { name, ...parse(schema, given, constructPath) };
}

/**
 * The configuration of the stage `name`, checked.
 * Throws a `StageError` that names every wrong field, also for fields that do not exist and for origins that are not https.
 */
export function parseStage(name: string, json: unknown): Stage & OfItsOwnStack {
  const schema = z
    .strictObject({ ...constructFields(isOwnMachine(name)), ...ofItsOwnStack })
    .superRefine(checkRules);
  return { name, ...parse(schema, json, `stages/${name}.json`) };
}

/** Reads `stages/<name>.json`. Throws a `StageError` when the name is not one, there is no such file, or it is not valid. */
export function readStage(name: string): Stage & OfItsOwnStack {
  if (!stageName.safeParse(name).success) {
    throw new StageError(`The stage name "${name}" must be 1 to 20 lower-case letters, digits and dashes.`);
  }
  const file = new URL(`../stages/${name}.json`, import.meta.url);
  if (!existsSync(file)) {
    throw new StageError(`There is no stage "${name}": stages/${name}.json does not exist.`);
  }
  const { mailsDir, ...stage } = parseStage(name, readJson(file, name));
  return mailsDir === undefined ? stage : { ...stage, mailsDir: fileURLToPath(new URL(mailsDir, file)) };
}

function readJson(file: URL, name: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new StageError(`stages/${name}.json is not JSON: ${(error as Error).message}`);
  }
}
