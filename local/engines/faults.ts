import { AwsError } from './aws-error.ts';

const kinds = ['throttle', 'fail', 'reject', 'delay', 'applied_but_lost', 'partial'] as const;

/**
 * - `throttle`, `fail`, `reject`: the service's own throttling error, its 500, or a 4xx (`error` names another one)
 * - `delay`: the answer comes `delayMs` later
 * - `applied_but_lost`: the operation is done, then the connection breaks
 * - `partial`: a batch read that reads nothing and says so (`UnprocessedKeys`)
 */
export type FaultKind = (typeof kinds)[number];

export type Fault = {
  /** The API's name of the operation, such as `PutItem`, or `*`. */
  operation: string;
  kind: FaultKind;
  /** How many requests it befalls; 1 unless said, `Infinity` until cleared. */
  times?: number;
  delayMs?: number;
  /** The error code of a `reject`. */
  error?: string;
};

/** How a service words the three faults that are errors. */
export type FaultErrors = Record<'throttle' | 'fail' | 'reject', AwsError>;

export function isFaultKind(value: unknown): value is FaultKind {
  return kinds.includes(value as FaultKind);
}

/** The faults that are due at one engine, oldest first. */
export class Faults {
  #due: Required<Pick<Fault, 'operation' | 'kind' | 'times'>>[] & Fault[] = [];

  add(fault: Fault): void {
    this.#due.push({ ...fault, times: fault.times ?? 1 });
  }

  clear(): void {
    this.#due = [];
  }

  /** The fault that befalls this request, and counts it; `undefined` if none does. */
  take(operation: string): Fault | undefined {
    const fault = this.#due.find((each) => each.operation === operation || each.operation === '*');
    if (!fault) {
      return undefined;
    }
    fault.times -= 1;
    if (fault.times <= 0) {
      this.#due = this.#due.filter((each) => each !== fault);
    }
    return fault;
  }
}

/** The error that a fault stands for, or `undefined` for one that is no error answer. */
export function errorOf(fault: Fault, errors: FaultErrors): AwsError | undefined {
  if (fault.kind === 'reject' && fault.error) {
    return new AwsError(fault.error, `${fault.error} on demand`);
  }
  return fault.kind === 'throttle' || fault.kind === 'fail' || fault.kind === 'reject'
    ? errors[fault.kind]
    : undefined;
}
