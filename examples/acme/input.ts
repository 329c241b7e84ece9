/** What comes in with a request, as plain texts. */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Request } from './context.ts';

/** The fields of a form; files and repeated fields are left out. */
export async function formOf(c: Request): Promise<Record<string, string | undefined>> {
  const body = await c.req.parseBody();
  const texts = Object.entries(body).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(texts.map(([name, value]) => [name, String(value).slice(0, 1000)]));
}

/** A JSON object; other content types are refused, as a form of another site could send them. */
export async function jsonOf(c: Request): Promise<Record<string, unknown>> {
  const isJson = /^application\/json\b/i.test(c.req.header('content-type') ?? '');
  const body: unknown = isJson ? await c.req.json().catch(() => undefined) : undefined;
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

/** The browser as Acme sees it, for Countersign's mails and log. Behind a proxy, read its header instead. */
export function clientOf(c: Request): { ip: string; userAgent: string } {
  const address = getConnInfo(c).remote.address ?? '';
  return { ip: address.replace(/^::ffff:/, ''), userAgent: c.req.header('user-agent') ?? '' };
}
