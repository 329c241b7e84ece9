/** Times as the contract writes them: RFC 3339, UTC. */
export const rfc3339 = (ms: number): string => new Date(ms).toISOString();

export const optionalTime = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : rfc3339(ms);

/** An answer with its `expiresAtMs`, where it has one, as `expiresAt`. */
export function withExpiry(answer: { expiresAtMs?: number | undefined } | object): object {
  const { expiresAtMs, ...rest }: { expiresAtMs?: number } = answer;
  return expiresAtMs === undefined ? rest : { ...rest, expiresAt: rfc3339(expiresAtMs) };
}

/** An answer whose times end in `Ms`, at any depth, with RFC 3339 ones in their place. */
export function withTimes(value: unknown): object {
  return timed(value) as object;
}

function timed(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(timed);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) =>
      name.endsWith('Ms')
        ? [name.slice(0, -2), typeof member === 'number' ? rfc3339(member) : member]
        : [name, timed(member)],
    ),
  );
}
