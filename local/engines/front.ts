/** The HTTP side that all local AWS engines share: protocols, callers, permissions, call counts, faults. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { AwsError } from './aws-error.ts';
import { errorOf, type Fault, type FaultErrors, Faults } from './faults.ts';

export type Json = Record<string, unknown>;

/** What one call wants to do to one resource, in the words of an IAM policy. */
export type Access = {
  caller: string;
  action: string;
  /** Granted if any of these is: a mail may be sent by its address's or its domain's identity. */
  resources: readonly string[];
  context: Readonly<Record<string, readonly string[]>>;
};
export type Allow = (access: Access) => boolean;

export type Call = { operation: string; caller: string; input: Json; request: IncomingMessage; body: Buffer };
export type Answer = { status: number; headers: Record<string, string>; body: string | Buffer };

/** One AWS service, without its HTTP. */
export type Engine = {
  faultErrors: FaultErrors;
  accesses(call: Call): Omit<Access, 'caller'>[];
  /** Does the call. Refuses with an `AwsError`. */
  perform(call: Call): Promise<Answer>;
  /** What a batch read answers that read nothing. */
  partial?(call: Call): Answer;
};

/** A request that reached an engine: the caller is the access key id that it was signed with. */
type RecordedRequest = { operation: string; caller: string };

export type Front = {
  endpoint: string;
  /** Every request, refused and failed ones too, oldest first. Empty it with `requests.length = 0`. */
  requests: RecordedRequest[];
  fault(fault: Fault): void;
  clearFaults(): void;
  close(): Promise<void>;
};

/** Listens on 127.0.0.1, on a free port; `server` is one that the engine brings (its own listeners are gone by now). */
export async function startFront(
  engine: Engine,
  allow: Allow = () => true,
  server: Server = createServer(),
): Promise<Front> {
  const requests: RecordedRequest[] = [];
  const faults = new Faults();
  const underWay = new Set<Promise<unknown>>();
  const closing = new AbortController();
  const desk: Desk = { engine, allow, requests, faults, closing: closing.signal };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const handled: Promise<unknown> = handle(request, response, desk)
      .catch(() => request.socket.destroy())
      .finally(() => underWay.delete(handled));
    underWay.add(handled);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    fault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    close: async () => {
      closing.abort();
      server.closeAllConnections();
      // dynalite throws where nothing can catch it when a call meets the closed database.
      await Promise.all(underWay);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

type Desk = {
  engine: Engine;
  allow: Allow;
  requests: RecordedRequest[];
  faults: Faults;
  closing: AbortSignal;
};

async function handle(request: IncomingMessage, response: ServerResponse, desk: Desk): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  const body = Buffer.concat(chunks);
  try {
    const answer = await answerOf(readCall(request, body), desk);
    if (answer === 'lost') {
      request.socket.destroy();
    } else {
      respond(response, answer);
    }
  } catch (error) {
    const known = error instanceof AwsError ? error : new AwsError('InternalFailure', String(error), 500);
    respond(response, errorAnswer(request, known));
  }
}

async function answerOf(call: Call, desk: Desk): Promise<Answer | 'lost'> {
  const { engine, allow, requests, faults, closing } = desk;
  requests.push({ operation: call.operation, caller: call.caller });
  for (const access of engine.accesses(call)) {
    if (!allow({ ...access, caller: call.caller })) {
      throw accessDenied(call, access);
    }
  }
  const fault = faults.take(call.operation);
  if (fault?.delayMs) {
    await pause(fault.delayMs, undefined, { signal: closing });
  }
  const error = fault && errorOf(fault, engine.faultErrors);
  if (error) {
    throw error;
  }
  if (fault?.kind === 'partial' && engine.partial) {
    return engine.partial(call);
  }
  closing.throwIfAborted();
  const answer = await engine.perform(call);
  return fault?.kind === 'applied_but_lost' ? 'lost' : answer;
}

function readCall(request: IncomingMessage, body: Buffer): Call {
  const caller = /Credential=([^/,\s]+)\//.exec(request.headers.authorization ?? '')?.[1];
  if (!caller) {
    throw new AwsError('MissingAuthenticationTokenException', 'Request is missing Authentication Token');
  }
  if (isJson(request)) {
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    return { operation, caller, input: parseJson(body), request, body };
  }
  const form = Object.fromEntries(new URLSearchParams(body.toString('utf8')));
  return { operation: form.Action ?? '', caller, input: form, request, body };
}

function parseJson(body: Buffer): Json {
  try {
    return JSON.parse(body.toString('utf8')) as Json;
  } catch {
    throw new AwsError('SerializationException', 'The request body is not JSON');
  }
}

function accessDenied(call: Call, access: Omit<Access, 'caller'>): AwsError {
  const user = `arn:aws:sts::000000000000:assumed-role/${call.caller}`;
  const message =
    `User: ${user} is not authorized to perform: ${access.action} on resource: ${access.resources[0]} ` +
    `because no identity-based policy allows the ${access.action} action`;
  return isJson(call.request)
    ? new AwsError('AccessDeniedException', message, 400)
    : new AwsError('AccessDenied', message, 403);
}

/** An answer in the JSON protocols of AWS. */
export function jsonAnswer(body: Json, status = 200, contentType = 'application/x-amz-json-1.1'): Answer {
  return { status, headers: { 'content-type': contentType }, body: JSON.stringify(body) };
}

/** An answer in the Query protocol of AWS. */
export function xmlAnswer(body: string, status = 200): Answer {
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

function errorAnswer(request: IncomingMessage, { code, message, status }: AwsError): Answer {
  if (isJson(request)) {
    return jsonAnswer({ __type: code, message }, status, request.headers['content-type']);
  }
  const type = status < 500 ? 'Sender' : 'Receiver';
  return xmlAnswer(
    `<ErrorResponse><Error><Type>${type}</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>` +
      `<RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
    status,
  );
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function isJson(request: IncomingMessage): boolean {
  return request.headers['x-amz-target'] !== undefined;
}

function respond(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { 'x-amzn-requestid': randomUUID(), ...headers });
  response.end(body);
}
