import { keep, readKept } from '../engines/kept.ts';

/** The gateway's clock, which can be moved; every `now` of a function comes from it. */
export class MovableClock {
  readonly #path: string | undefined;
  #offsetMs: number;

  /** With a `path`, the offset is kept in that file: kept state may lie ahead of real time. */
  constructor(path?: string) {
    this.#path = path;
    this.#offsetMs = readKept(path, 0);
  }

  /** Milliseconds since 1970, moved. */
  readonly now = (): number => Date.now() + this.#offsetMs;

  get offsetSeconds(): number {
    return this.#offsetMs / 1000;
  }

  /** Moves the clock on from where it is; back, if negative. */
  advance(seconds: number): void {
    this.#move(this.#offsetMs + Math.round(seconds * 1000));
  }

  /** Back to real time. */
  reset(): void {
    this.#move(0);
  }

  #move(offsetMs: number): void {
    this.#offsetMs = offsetMs;
    keep(this.#path, offsetMs);
  }
}
