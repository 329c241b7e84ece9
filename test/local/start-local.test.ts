import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Local, startLocal } from '../../local/start-local.ts';
import { fixtureAssembly } from './fixture/functions.ts';

const assembly = fixtureAssembly();
const lines: string[] = [];
let local: Local;

beforeAll(async () => {
  local = await startLocal({ port: 0, assembly, log: (source, line) => lines.push(`${source} ${line}`) });
});
afterAll(async () => {
  await local.close();
  rmSync(assembly.dir, { recursive: true });
});
beforeEach(() => fetch(`${local.url}/_dev/faults`, { method: 'DELETE' }));

const dev = (path: string, body?: unknown) =>
  fetch(
    `${local.url}/_dev/${path}`,
    body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) },
  );
const write = (key: string, to = local, condition = '') =>
  fetch(`${to.url}/writer?${new URLSearchParams({ key, condition })}`, { method: 'POST' });

describe('a function', () => {
  it('may do what its role grants', async () => {
    expect((await write('user#1')).status).toBe(200);
  });

  it('is refused by the table what its role does not grant', async () => {
    const answer = await write('keyring');
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('AccessDeniedException');
  });

  it('has its calls counted', async () => {
    await fetch(`${local.url}/_dev/calls`, { method: 'DELETE' });
    await write('user#2');
    const one = { dynamodb: { PutItem: 1 }, kms: {}, ses: {} };
    expect(await (await dev('calls')).json()).toEqual(one);
    expect(await (await dev('calls?caller=fixture-writer')).json()).toEqual(one);
    expect(await (await dev('calls?caller=fixture-echo')).json()).toEqual({ dynamodb: {}, kms: {}, ses: {} });
  });

  it('meets the faults that were asked for', async () => {
    await dev('faults', { engine: 'dynamodb', operation: 'PutItem', kind: 'throttle', times: 1 });
    expect(await (await write('user#3')).text()).toContain('ThrottlingException');
    expect((await write('user#3')).status).toBe(200);
  });
});

describe('the courier', () => {
  it('is started when the clock was moved, as on a schedule, at the time of that clock', async () => {
    await dev('clock', { advanceSeconds: 86_400 });
    const tomorrow = new Date(local.clock.now()).toISOString().slice(0, 10);
    await expect.poll(() => lines.join('\n')).toContain(`courier at ${tomorrow}`);
    expect(lines.join('\n')).toContain('by aws.events');
    local.clock.reset();
  });
});

describe('the stream of the table', () => {
  it('brings a function the writes that its filter accepts, in order', async () => {
    await Promise.all([write('user#a due'), write('user#b')]);
    await write('user#c due');
    const follows = () => lines.filter((line) => line.includes('follows')).join('\n');
    await expect.poll(follows).toContain('INSERT user#c due');
    expect(follows().indexOf('INSERT user#a due')).toBeLessThan(follows().indexOf('INSERT user#c due'));
    expect(follows()).toContain('INSERT user#a due');
    expect(follows()).not.toContain('user#b');
  });
});

describe('the clock', () => {
  it('moves on, and back to real time', async () => {
    expect(await (await dev('clock', { advanceSeconds: 30 })).json()).toMatchObject({ offsetSeconds: 30 });
    expect(await (await dev('clock', { advanceSeconds: 0.5 })).json()).toMatchObject({ offsetSeconds: 30.5 });
    const { now } = (await (await dev('clock')).json()) as { now: string };
    expect(Date.parse(now) - Date.now()).toBeGreaterThan(25_000);
    expect(await (await dev('clock', { reset: true })).json()).toMatchObject({ offsetSeconds: 0 });
  });

  it.each([
    {},
    [],
    { advanceSeconds: '30' },
    { advanceSeconds: 1, reset: true },
    { reset: false },
    { other: 1 },
    7,
  ])('does not understand %j', async (body) => {
    expect((await dev('clock', body)).status).toBe(400);
    expect(local.clock.offsetSeconds).toBe(0);
  });
});

describe('the developer routes', () => {
  it.each([
    { engine: 'sqs', operation: '*', kind: 'fail' },
    { engine: 'kms', kind: 'fail' },
    { engine: 'kms', operation: '*', kind: 'explode' },
    { engine: 'kms', operation: '*', kind: 'fail', times: 'often' },
    { engine: 'kms', operation: '*', kind: 'fail', unknown: true },
  ])('refuse the fault %j', async (fault) => {
    expect((await dev('faults', fault)).status).toBe(400);
  });

  it('tell the size and the revision of a user’s item, and nothing else of it', async () => {
    const Item = {
      pk: { S: 'user#acme#ada' },
      sk: { S: 'state' },
      rev: { N: '12' },
      secret: { B: 'AAEC' },
      list: { L: [{ S: 'ä' }, { BOOL: true }] },
      map: { M: { a: { NULL: true } } },
    };
    const sizes = [2 + 13, 2 + 5, 3 + 2, 6 + 3, 4 + 3 + (1 + 2) + (1 + 1), 3 + 3 + 1 + (1 + 1)];
    await fetch(local.dynamodb.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.PutItem',
        'x-amz-date': '20300101T000000Z',
        authorization: 'AWS4-HMAC-SHA256 Credential=fixture-writer/x, SignedHeaders=host, Signature=none',
      },
      body: JSON.stringify({ TableName: 'Table', Item }),
    });
    const ada = await dev('items?accountId=acme&userId=ada');
    expect(await ada.json()).toEqual({ bytes: sizes.reduce((sum, one) => sum + one), rev: 12 });
    expect((await dev('items?accountId=acme&userId=bob')).status).toBe(404);
    expect((await dev('items')).status).toBe(404);
  });

  it('are no others', async () => {
    expect((await dev('other')).status).toBe(404);
  });

  it('show a mailbox page on which a message cannot run anything', async () => {
    const page = await dev('mailbox');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toContain('<script');
  });
});

describe('a folder for the state', () => {
  it('keeps the table and the clock over a restart', async () => {
    const keepIn = mkdtempSync(join(tmpdir(), 'kept-'));
    const first = await startLocal({ port: 0, assembly, keepIn });
    await write('user#kept', first);
    await expect(startLocal({ port: 0, assembly, keepIn })).rejects.toThrow(
      `in use by process ${process.pid}`,
    );
    first.clock.advance(60);
    await first.close();
    const second = await startLocal({ port: 0, assembly, keepIn });
    const again = await (await write('user#kept', second, 'attribute_not_exists(pk)')).text();
    const { offsetSeconds } = second.clock;
    await second.close();
    rmSync(keepIn, { recursive: true });
    expect(offsetSeconds).toBe(60);
    expect(again).toContain('ConditionalCheckFailedException');
  });
});

it('a taken port is told', async () => {
  const port = Number(new URL(local.url).port);
  await expect(startLocal({ port, assembly })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
