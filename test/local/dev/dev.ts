/** A request to the local routes alone, without a stack behind them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MovableClock } from '../../../local/dev/clock.ts';
import { answerDev, type DevOptions } from '../../../local/dev/dev.ts';
import type { Message } from '../../../local/engines/mailbox.ts';

export async function answeredBy(path: string, messages: readonly Message[], acmeUrl?: string) {
  const options = {
    clock: new MovableClock(),
    mailbox: { messages: () => [...messages] },
    engines: {},
    onClock: () => {},
    acmeUrl: () => acmeUrl,
  } as unknown as DevOptions;
  const server = createServer((request, response) => void answerDev(request, response, options));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    const headers = Object.fromEntries(answer.headers) as Record<string, string>;
    return { status: answer.status, headers, text: await answer.text() };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
