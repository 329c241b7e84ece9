/** Runs Acme: `config.ts` says what it reads from the environment. A parent that forked it gets a message when it is up. */
import { serve } from '@hono/node-server';
import { createApp } from './app.ts';
import { createClock } from './clock.ts';
import { readConfig } from './config.ts';
import type { Acme } from './context.ts';
import { createGoogle } from './google/client.ts';
import { createMail } from './mail.ts';
import { ApiKeys } from './people/api-keys.ts';
import { Links } from './people/links.ts';
import { People } from './people/people.ts';
import { Sessions } from './people/sessions.ts';
import { Table } from './people/table.ts';
import { Transfers } from './people/transfers.ts';
import { seed, seeded } from './seed.ts';
import { twoFactor } from './two-factor.ts';

const config = readConfig();
const clock = createClock(config.devUrl);
const table = new Table(config.tableName);
const acme: Acme = {
  config,
  clock,
  people: new People(table),
  sessions: new Sessions(table, clock.now),
  links: new Links(table, clock.now),
  apiKeys: new ApiKeys(table, clock.now),
  transfers: new Transfers(table, clock.now),
  google: createGoogle(config.google),
  mail: createMail(config.mailFrom),
  twoFactor: twoFactor(config, clock.now),
};

const [app] = await Promise.all([
  createApp(acme),
  table.create().then(() => (config.openTeam ? seed(acme) : undefined)),
]);

const server = serve({ fetch: app.fetch, port: config.port, hostname: '127.0.0.1' }, ({ port }) => {
  process.send?.({ url: `http://localhost:${port}`, people: config.openTeam ? seeded : [] });
});
server.on('error', ({ message }: Error) => {
  console.error(message);
  process.exit(1);
});

// A forked Acme ends with the program that started it.
process.on('disconnect', () => process.exit(0));
