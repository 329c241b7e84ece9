/** The gateway's clock, which can be moved; every `now` of a function comes from it. */
export class MovableClock {
  #offsetMs = 0;

  /** Milliseconds since 1970, moved. */
  readonly now = (): number => Date.now() + this.#offsetMs;

  get offsetSeconds(): number {
    return this.#offsetMs / 1000;
  }

  /** Moves the clock on from where it is; back, if negative. */
  advance(seconds: number): void {
    this.#offsetMs += Math.round(seconds * 1000);
  }

  /** Back to real time. */
  reset(): void {
    this.#offsetMs = 0;
  }
}
