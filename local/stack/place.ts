/** Where the local AWS pretends to be. The account is one that AWS has given to nobody. */
export const region = 'us-east-1';
export const account = '000000000000';

/** The ARN of a resource of this place, such as `arnOf('kms', 'key/1234')`. */
export function arnOf(service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}
