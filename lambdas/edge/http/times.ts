/** Times as the contract writes them: RFC 3339, UTC. */
export const rfc3339 = (ms: number): string => new Date(ms).toISOString();

/** An answer with its `expiresAtMs`, where it has one, as `expiresAt`. */
export function withExpiry<A extends { expiresAtMs?: number }>({ expiresAtMs, ...answer }: A) {
  return expiresAtMs === undefined ? answer : { ...answer, expiresAt: rfc3339(expiresAtMs) };
}
