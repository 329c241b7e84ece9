/** The running service as somebody outside meets it: a process that can be killed, its HTTP, its faults and its table. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type Sign, signerFor } from '../../client/sign.ts';
import type { Message } from '../../local/engines/mailbox.ts';
import { signing } from '../support/signed-in.ts';
import type { Observed } from './checker.ts';
import type { PlannedFault } from './plan.ts';

/** What came back. Status 0: nothing did, and nobody knows what became of the request. */
export type Reply = {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are JSON of many shapes
  body: any;
};

type Table = { client: DynamoDBDocumentClient; name: string };
type Request = { method?: string; body?: unknown; headers?: Record<string, string> };

const patienceMs = 40_000;
const nothing: Reply = { status: 0, body: undefined };

async function send(url: string, init: RequestInit): Promise<Reply> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(patienceMs) });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  } catch {
    return nothing;
  }
}

export class Service {
  readonly #dataDir: string;
  readonly #plant: string | undefined;
  #process: ChildProcess | undefined;
  #url = '';
  #sign: Sign | undefined;
  #table: Table | undefined;

  /** `plant` names a mistake that is put into the functions' code. */
  constructor(dataDir: string, plant?: string) {
    this.#dataDir = dataDir;
    this.#plant = plant;
  }

  /** Starts it over the folder, on the port that it had before. */
  async start(): Promise<void> {
    const main = new URL('./start-service.ts', import.meta.url).pathname;
    const port = this.#url === '' ? '0' : new URL(this.#url).port;
    const args = ['--import', 'tsx', '--conditions=countersign-source', main, this.#dataDir, port];
    const child = spawn(process.execPath, [...args, ...(this.#plant ? [this.#plant] : [])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    this.#url = await new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.startsWith('http://')) {
          resolve(line);
        }
      });
      child.once('exit', (code, signal) => reject(new Error(`the service ended: ${code ?? signal}`)));
    });
    this.#sign = signerFor(this.#url, signing);
    this.#table = await this.#readerOfTable();
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child?.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
  }

  /** Signed as the app and the operator. */
  async asApp(path: string, { method = 'POST', body, headers = {} }: Request = {}): Promise<Reply> {
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const request = { method: method as 'POST', path, headers, ...text };
    const signed = await (this.#sign as Sign)(request as never);
    return send(`${this.#url}${path}`, { method, headers: signed.headers ?? {}, ...text });
  }

  asBrowser(path: string, { method = 'POST', body, headers = {} }: Request = {}): Promise<Reply> {
    return send(`${this.#url}${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async #dev(path: string, method = 'GET', body?: unknown): Promise<Reply> {
    const reply = await this.asBrowser(`/_dev/${path}`, { method, body });
    if (reply.status < 200 || reply.status > 299) {
      throw new Error(`/_dev/${path} answers ${reply.status}`);
    }
    return reply;
  }

  async nowMs(): Promise<number> {
    return Date.parse((await this.#dev('clock')).body.now);
  }

  advance = (advanceSeconds: number) => this.#dev('clock', 'POST', { advanceSeconds });
  fault = (fault: PlannedFault) => this.#dev('faults', 'POST', fault);
  clearFaults = () => this.#dev('faults', 'DELETE');
  clearMessages = () => this.#dev('messages', 'DELETE');
  messages = async (to: string): Promise<Message[]> =>
    (await this.#dev(`messages?to=${encodeURIComponent(to)}`)).body;

  everyMail = async (): Promise<Message[]> => (await this.#dev('messages')).body;

  async #readerOfTable() {
    const { table: name, endpoints } = (await this.#dev('stack')).body;
    const client = new DynamoDBClient({
      endpoint: endpoints.dynamodb,
      region: 'us-east-1',
      credentials: { accessKeyId: 'operator', secretAccessKey: 'operator' },
    });
    return { client: DynamoDBDocumentClient.from(client), name };
  }

  /** The item of somebody's state, read as the owner of the table can. */
  async item(accountId: string, userId: string) {
    const { client, name } = this.#table as Table;
    const Key = { pk: `user#${accountId}#${userId}`, sk: 'state' };
    return (await client.send(new GetCommand({ TableName: name, Key, ConsistentRead: true }))).Item;
  }

  /** The rows of the audit trail of somebody. */
  async auditRows(
    accountId: string,
    userId: string,
  ): Promise<{ id: string; type: string; times?: number }[]> {
    const { client, name } = this.#table as Table;
    const query = new QueryCommand({
      TableName: name,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :rows)',
      ExpressionAttributeValues: { ':pk': `user#${accountId}#${userId}`, ':rows': 'event#' },
    });
    return ((await client.send(query)).Items ?? []) as never;
  }
}

/** What the item says, in the model's words. */
export function observed(item: Record<string, never> | undefined, challenges: readonly string[]): Observed {
  // biome-ignore lint/suspicious/noExplicitAny: an item as it is stored
  const stored: any = item ?? {};
  const failures = stored.failures ?? {};
  const passed = challenges.filter((id) => stored.challenges?.[id]?.passedAtMs !== undefined).sort();
  // biome-ignore lint/suspicious/noExplicitAny: an item as it is stored
  const apps = (stored.authenticators ?? []).map(({ id, lastTimeStep }: any) => [id, lastTimeStep]);
  return {
    apps: Object.fromEntries(apps),
    recoveryCodes: stored.recoveryCodes?.hashes.length ?? 0,
    devices: stored.trustedDevices?.length ?? 0,
    failures: failures.atMs?.length ?? 0,
    consecutive: failures.consecutive ?? 0,
    recoveryConsecutive: stored.recoveryFailures?.consecutive ?? 0,
    passed,
    owesEnrolment: stored.enrollmentRequired ?? false,
  };
}
