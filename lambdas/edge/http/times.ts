/** Times as the contract writes them: RFC 3339, UTC. */
export const rfc3339 = (ms: number): string => new Date(ms).toISOString();
