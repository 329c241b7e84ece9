/** The routes under `/_dev/`, and `/`: what a developer may look at and turn, and no deployed function has. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isFaultKind } from '../engines/faults.ts';
import type { Front } from '../engines/front.ts';
import type { Mailbox } from '../engines/mailbox.ts';
import type { MovableClock } from './clock.ts';
import { type Content, mail, mailGallery, page, pageFile } from './dev-pages.ts';
import { landingPage } from './landing-page.ts';
import { htmlPartOf, mailboxPage } from './mailbox-page.ts';
import type { UserItem } from './user-item.ts';

export type DevOptions = {
  clock: MovableClock;
  mailbox: Mailbox;
  engines: Readonly<Record<'dynamodb' | 'kms' | 'ses', Front>>;
  /** What the functions' environment says, all together: the table's name, the keys. */
  variables: Record<string, string>;
  /** Called after the clock was moved. */
  onClock(): void;
  itemOf: UserItem;
  /** Where Acme is, if it runs. */
  acmeUrl(): string | undefined;
};

type Answer = { status: number; json?: unknown; content?: Content };
type Request = { query: URLSearchParams; body: unknown };
type Route = (options: DevOptions, request: Request) => Answer | Promise<Answer>;

class BadRequest extends Error {}

/** Answers a request to `/_dev/...`; one that names another host than this machine gets a 403. */
export async function answerDev(
  request: IncomingMessage,
  response: ServerResponse,
  options: DevOptions,
): Promise<void> {
  const { status, json, content } = await answerTo(request, options);
  response.writeHead(status, {
    'content-type': content?.type ?? 'application/json',
    'cache-control': 'no-store',
    ...(content && { 'content-security-policy': content.policy, 'x-content-type-options': 'nosniff' }),
  });
  response.end(content?.text ?? (json === undefined ? '' : `${JSON.stringify(json, null, 2)}\n`));
}

async function answerTo(request: IncomingMessage, options: DevOptions): Promise<Answer> {
  // A page elsewhere could point its own name at 127.0.0.1 and read the mails.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) {
    return { status: 403, json: { message: 'Forbidden' } };
  }
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const part = /^\/_dev\/messages\/([\w-]+)\/html$/.exec(url.pathname)?.[1];
  if (part && request.method === 'GET') {
    return htmlPart(options, part);
  }
  const route = routes[`${request.method} ${url.pathname}`];
  if (!route) {
    return { status: 404, json: { message: 'Not Found' } };
  }
  try {
    return await route(options, { query: url.searchParams, body: await readJson(request) });
  } catch (error) {
    if (error instanceof BadRequest) {
      return { status: 400, json: { message: error.message } };
    }
    throw error;
  }
}

const routes: Record<string, Route> = {
  'GET /': ({ acmeUrl }) => ({ status: 200, content: page(landingPage(acmeUrl())) }),
  'GET /_dev/pages/dev.css': () => ({ status: 200, content: pageFile('dev.css') }),
  'GET /_dev/pages/mailbox.js': () => ({ status: 200, content: pageFile('mailbox.js') }),
  'GET /_dev/mails': async () => ({ status: 200, content: await mailGallery() }),
  'GET /_dev/messages': ({ mailbox }, { query }) => ({
    status: 200,
    json: mailbox.messages(query.get('to') ?? undefined),
  }),
  'DELETE /_dev/messages': ({ mailbox }) => {
    mailbox.clear();
    return { status: 204 };
  },
  'GET /_dev/mailbox': () => ({ status: 200, content: page(mailboxPage) }),
  'GET /_dev/items': async ({ itemOf }, { query }) => {
    const item = await itemOf(query.get('accountId') ?? '', query.get('userId') ?? '');
    return item ? { status: 200, json: item } : { status: 404, json: { message: 'Not Found' } };
  },
  'GET /_dev/stack': ({ engines, variables }) => ({ status: 200, json: stackOf(engines, variables) }),
  'GET /_dev/clock': ({ clock }) => ({ status: 200, json: stateOf(clock) }),
  'POST /_dev/clock': moveClock,
  'POST /_dev/faults': addFault,
  'DELETE /_dev/faults': ({ engines }) => {
    for (const engine of Object.values(engines)) {
      engine.clearFaults();
    }
    return { status: 204 };
  },
  'GET /_dev/calls': ({ engines }, { query }) => ({
    status: 200,
    json: countCalls(engines, query.get('caller') ?? undefined),
  }),
  'DELETE /_dev/calls': ({ engines }) => {
    for (const engine of Object.values(engines)) {
      engine.requests.length = 0;
    }
    return { status: 204 };
  },
};

function htmlPart({ mailbox }: DevOptions, id: string): Answer {
  const message = mailbox.messages().find((each) => each.id === id);
  return message
    ? { status: 200, content: mail(htmlPartOf(message)) }
    : { status: 404, json: { message: 'Not Found' } };
}

function moveClock({ clock, onClock }: DevOptions, { body }: Request): Answer {
  const { advanceSeconds, reset, ...unknown } = objectOf(body);
  const isMove = typeof advanceSeconds === 'number' && Math.abs(advanceSeconds) <= 1e9 && reset === undefined;
  const isReset = reset === true && advanceSeconds === undefined;
  if (Object.keys(unknown).length > 0 || (!isMove && !isReset)) {
    throw new BadRequest('wants {"advanceSeconds": number} or {"reset": true}');
  }
  if (isMove) {
    clock.advance(advanceSeconds);
  } else {
    clock.reset();
  }
  onClock();
  return { status: 200, json: stateOf(clock) };
}

function addFault({ engines }: DevOptions, { body }: Request): Answer {
  const { engine, operation, kind, times = 1, delayMs, error, ...unknown } = objectOf(body);
  const front = Object.entries(engines).find(([name]) => name === engine)?.[1];
  const isNumber = (value: unknown): value is number => typeof value === 'number' && value >= 0;
  if (Object.keys(unknown).length > 0) {
    throw new BadRequest(`does not know ${Object.keys(unknown).join(', ')}`);
  }
  if (!front) {
    throw new BadRequest(`"engine" must be one of ${Object.keys(engines).join(', ')}`);
  }
  if (typeof operation !== 'string') {
    throw new BadRequest('"operation" must be a name such as "PutItem", or "*"');
  }
  if (!isFaultKind(kind)) {
    throw new BadRequest('"kind" is not one that there is');
  }
  if (!isNumber(times)) {
    throw new BadRequest('"times" must be a number');
  }
  if (delayMs !== undefined && !isNumber(delayMs)) {
    throw new BadRequest('"delayMs" must be a number');
  }
  if (error !== undefined && typeof error !== 'string') {
    throw new BadRequest('"error" must be the name of an error');
  }
  front.fault({
    operation,
    kind,
    times,
    ...(delayMs !== undefined && { delayMs }),
    ...(error !== undefined && { error }),
  });
  return { status: 204 };
}

/** What an operator finds in the outputs of a deployed stack, and where the engines listen. */
function stackOf(
  engines: DevOptions['engines'],
  { TABLE_NAME, VAULT_KEY_ARN, STAGE, KEY_CUSTODY, ALSO_OPENS }: Record<string, string>,
): object {
  const endpoints = Object.entries(engines).map(([name, { endpoint }]) => [name, endpoint]);
  return {
    table: TABLE_NAME,
    vaultKeyArn: VAULT_KEY_ARN,
    stage: STAGE,
    keyCustody: KEY_CUSTODY,
    alsoOpens: ALSO_OPENS,
    endpoints: Object.fromEntries(endpoints),
  };
}

function stateOf(clock: MovableClock): object {
  return { now: new Date(clock.now()).toISOString(), offsetSeconds: clock.offsetSeconds };
}

/** Calls by engine and operation; those of one function if one is named. */
function countCalls(engines: DevOptions['engines'], caller: string | undefined): object {
  const counted = Object.entries(engines).map(([engine, { requests }]) => {
    const operations: Record<string, number> = {};
    for (const request of requests) {
      if (caller !== undefined && caller !== request.caller) {
        continue;
      }
      operations[request.operation] = (operations[request.operation] ?? 0) + 1;
    }
    return [engine, operations];
  });
  return Object.fromEntries(counted);
}

function objectOf(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new BadRequest('the body must be a JSON object');
  }
  return body as Record<string, unknown>;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    throw new BadRequest('the body must be a JSON object');
  }
}
