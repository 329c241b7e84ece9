/** Lambda on the laptop: worker threads as execution environments, each with one invocation at a time. */
import { Worker } from 'node:worker_threads';
import type { LambdaFunction } from './deployment.ts';
import { contextOf, variablesOf } from './lambda-runtime.ts';

/** As AWS, a function grows by an environment for each invocation at once; a laptop stops here and queues. */
const mostEnvironments = 4;

/** The outcome of an invocation: what the handler returned, or why there is nothing. */
type Invocation = { result: unknown } | { error: string };

export type Environments = {
  /** Runs the function `name` on an event; waits for a free environment. Throws for a function that is not there. */
  invoke(name: string, event: unknown): Promise<Invocation>;
  /** How many environments a function has now. */
  count(name: string): number;
  close(): Promise<void>;
};

export type EnvironmentOptions = {
  /** The folder of a function's code. */
  codeDirOf(lambda: LambdaFunction): string;
  /** `AWS_ENDPOINT_URL_*` of the local engines. */
  endpoints: Record<string, string>;
  /** Gets every line that a function writes. */
  log(functionName: string, line: string): void;
};

/** Makes the functions of a deployment callable; no environment starts before its first invocation. */
export function createEnvironments(
  functions: readonly LambdaFunction[],
  options: EnvironmentOptions,
): Environments {
  const pools = new Map(functions.map((lambda) => [lambda.name, new Pool(lambda, options)]));
  const poolOf = (name: string): Pool => {
    const pool = pools.get(name);
    if (!pool) {
      throw new Error(`There is no function ${name}.`);
    }
    return pool;
  };
  return {
    invoke: async (name, event) => poolOf(name).invoke(event),
    count: (name) => poolOf(name).size,
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}

class Pool {
  readonly #lambda: LambdaFunction;
  readonly #options: EnvironmentOptions;
  #idle: Environment[] = [];
  readonly #all = new Set<Environment>();
  readonly #waiting: ((environment: Environment) => void)[] = [];

  constructor(lambda: LambdaFunction, options: EnvironmentOptions) {
    this.#lambda = lambda;
    this.#options = options;
  }

  get size(): number {
    return this.#all.size;
  }

  async invoke(event: unknown): Promise<Invocation> {
    const environment = await this.#acquire();
    const outcome = await environment.invoke(event);
    this.#release(environment);
    if ('error' in outcome) {
      this.#options.log(this.#lambda.name, `invocation failed: ${outcome.error}`);
    }
    return outcome;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((environment) => environment.close()));
  }

  async #acquire(): Promise<Environment> {
    const idle = this.#idle.pop();
    if (idle) {
      return idle;
    }
    if (this.#all.size < mostEnvironments) {
      return this.#start();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(environment: Environment): void {
    if (environment.dead) {
      this.#all.delete(environment);
    }
    const next = this.#waiting.shift();
    if (next) {
      next(environment.dead ? this.#start() : environment);
    } else if (!environment.dead) {
      this.#idle.push(environment);
    }
  }

  #start(): Environment {
    const environment = new Environment(this.#lambda, this.#options, () => {
      this.#idle = this.#idle.filter((each) => each !== environment);
      this.#all.delete(environment);
    });
    this.#all.add(environment);
    return environment;
  }
}

class Environment {
  dead = false;
  readonly #lambda: LambdaFunction;
  readonly #worker: Worker;
  #settle: ((outcome: Invocation) => void) | undefined;

  constructor(lambda: LambdaFunction, options: EnvironmentOptions, onDeath: () => void) {
    this.#lambda = lambda;
    this.#worker = new Worker(new URL('./runtime.cjs', import.meta.url), {
      env: variablesOf(lambda, options.endpoints),
      workerData: { codeDir: options.codeDirOf(lambda), handler: lambda.handler },
      execArgv: [],
      stdout: true,
      stderr: true,
    });
    const onText = (text: Buffer) => {
      for (const line of text.toString('utf8').trimEnd().split('\n')) {
        options.log(lambda.name, line);
      }
    };
    this.#worker.stdout.on('data', onText);
    this.#worker.stderr.on('data', onText);
    this.#worker.on('message', ({ result, error }: { result?: string; error?: string }) =>
      this.#finish(error === undefined ? { result: JSON.parse(result ?? 'null') } : { error }),
    );
    this.#worker.on('error', (error) => {
      this.dead = true;
      this.#finish({ error: String(error instanceof Error ? error.stack : error) });
    });
    this.#worker.on('exit', (code) => {
      this.dead = true;
      onDeath();
      this.#finish({ error: `the environment ended with exit code ${code}` });
    });
  }

  /** Resolves always; after a timeout the environment is dead. */
  async invoke(event: unknown): Promise<Invocation> {
    const { timeoutMs } = this.#lambda;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.dead = true;
        this.#finish({ error: `Task timed out after ${timeoutMs / 1000} seconds` });
        void this.#worker.terminate();
      }, timeoutMs);
      this.#settle = (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      this.#worker.postMessage({
        event,
        context: contextOf(this.#lambda),
        deadlineMs: Date.now() + timeoutMs,
      });
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #finish(outcome: Invocation): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(outcome);
  }
}
