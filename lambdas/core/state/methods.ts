/** The names of the second factors, each said once. `core/factors/table.ts` says what each of them is. */

/** What a person can turn on and a policy can allow, best first. */
export const factorMethods = ['passkey', 'totp', 'sms', 'email'] as const;
export type FactorMethod = (typeof factorMethods)[number];

/** What completes a sign-in: those, the recovery codes that come with the first of them, and a code from the desk. */
export const methods = [...factorMethods, 'recovery_code', 'temporary_code'] as const;
export type Method = (typeof methods)[number];

/** Methods whose codes are sent. */
export const sentMethods = ['email', 'sms'] as const;
export type SentMethod = (typeof sentMethods)[number];
