/** Pages on loopback under a strict Content-Security-Policy, beside an API to which they pass calls on. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
};

export const strictPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; " +
  "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html";

export type PageServer = {
  url: string;
  /** Puts a page at a path. Its scripts and styles are files, or pages of their own. */
  put(path: string, body: string, type?: string): void;
  /** What was posted to the pages, newest last. */
  posted: { path: string; body: string }[];
  /** From now on, `/v1` and `/.well-known` are those of this API. */
  passTo(apiUrl: string): void;
  close(): Promise<void>;
};

/** Serves `dir`, what was put, and `/v1` and `/.well-known` by way of `apiUrl`. */
export async function startPageServer(
  dir: string,
  firstApiUrl?: string,
  policy = strictPolicy,
): Promise<PageServer> {
  let apiUrl = firstApiUrl;
  const pages = new Map<string, { body: string; type: string }>();
  const posted: { path: string; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (apiUrl && !pages.has(path) && /^\/(v1|\.well-known)\//.test(path)) {
      return passOn(apiUrl, request, response);
    }
    if (request.method === 'POST') {
      posted.push({ path, body: await textOf(request) });
    }
    const page = pages.get(path) ?? fileAt(dir, path);
    response
      .writeHead(page ? 200 : 404, {
        'content-type': page?.type ?? 'text/plain',
        'content-security-policy': policy,
        'referrer-policy': 'no-referrer',
      })
      .end(page?.body ?? 'not found');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    put: (path, body, type = types['.html'] as string) => pages.set(path, { body, type }),
    posted,
    passTo: (url) => {
      apiUrl = url;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function fileAt(dir: string, path: string): { body: Buffer; type: string } | undefined {
  const file = join(dir, normalize(path));
  const type = types[extname(file)];
  return type && existsSync(file) ? { body: readFileSync(file), type } : undefined;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

async function passOn(apiUrl: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { authorization, 'content-type': type, 'idempotency-key': key } = request.headers;
  const given = { authorization, 'content-type': type, 'idempotency-key': key as string | undefined };
  const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const body = await textOf(request);
  const answer = await fetch(apiUrl + request.url, {
    method: request.method as string,
    headers: headers as Record<string, string>,
    ...(body && { body }),
  });
  const kept = [...answer.headers].filter(
    ([name]) => !/^(content-length|content-encoding|connection)$/.test(name),
  );
  response.writeHead(answer.status, Object.fromEntries(kept)).end(await answer.text());
}
