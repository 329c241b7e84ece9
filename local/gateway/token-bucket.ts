import type { Throttle } from '../lambda/deployment.ts';

/** A route's throttle: `burst` requests at once, refilled at `rate` a second of real time. */
export class TokenBucket {
  readonly #throttle: Throttle;
  readonly #nowMs: () => number;
  #tokens: number;
  #filledAtMs: number;

  constructor(throttle: Throttle, nowMs: () => number = () => performance.now()) {
    this.#throttle = throttle;
    this.#nowMs = nowMs;
    this.#tokens = throttle.burst;
    this.#filledAtMs = nowMs();
  }

  /** Lets one request through, or not. */
  take(): boolean {
    const nowMs = this.#nowMs();
    const gained = ((nowMs - this.#filledAtMs) / 1000) * this.#throttle.rate;
    this.#tokens = Math.min(this.#throttle.burst, this.#tokens + gained);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) {
      return false;
    }
    this.#tokens -= 1;
    return true;
  }
}
