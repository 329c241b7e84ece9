/** The server's times on this browser's clock, which may be minutes off. */

/**
 * How far the server's clock is ahead of the browser's, from something that was just made and ends `lifetimeMs` later.
 * Less than a minute is no matter. What seems to lie behind by less than its lifetime may as well be older than thought.
 */
export function skewMs(expiresAt: string, lifetimeMs = 600_000, nowMs = Date.now()): number {
  const skew = Date.parse(expiresAt) - lifetimeMs - nowMs;
  return skew > 60_000 || skew < -lifetimeMs - 60_000 ? skew : 0;
}
