/** What the documents say is what the code does. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countersign } from '../examples/sign-in.ts';
import { walkThrough } from '../local/dev/walk-through.ts';
import { type Local, startLocal } from '../local/start-local.ts';
import { readme, testsOf } from '../scripts/api-table.ts';
import { totpAt } from './support/deployment.ts';

const root = new URL('..', import.meta.url).pathname;
const text = (path: string) => readFileSync(join(root, path), 'utf8');
/** The formatter pads the cells of tables. */
const unpadded = (markdown: string) => markdown.replace(/ +\|/g, ' |').replace(/-{3,}/g, '---');
const documents = [
  ...readdirSync(root).filter((file) => file.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true })
    .map((file) => `docs/${file}`)
    .filter((file) => file.endsWith('.md')),
];

describe('the documents', () => {
  it('the README has the API, the errors and the example of today: npm run docs writes them', () => {
    expect(unpadded(text('README.md'))).toBe(unpadded(readme()));
  });

  it("the README's walk-through is the one that npm start prints", () => {
    const commands = walkThrough('http://127.0.0.1:4400').split('\n');
    for (const command of commands.filter((line) => line !== '' && !line.startsWith('#'))) {
      expect(text('README.md')).toContain(`\n${command}\n`);
    }
  });

  it.each(documents)(
    '%s links to files that there are, and names only npm scripts that there are',
    (path) => {
      const links = [...text(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link as string);
      for (const link of links) {
        expect([link, existsSync(join(root, dirname(path), link))]).toEqual([link, true]);
      }
      const { scripts } = JSON.parse(text('package.json'));
      for (const [, script] of text(path).matchAll(/npm run ([\w:]+)/g)) {
        expect(Object.keys(scripts)).toContain(script);
      }
    },
  );

  it('every test file beside an attack in docs/threats.md tests that attack', () => {
    const rows = [...text('docs/threats.md').matchAll(/^\| (S\d+) \|.*\| (.*)\|$/gm)];
    expect(rows.length).toBeGreaterThan(60);
    for (const [, attack, cell] of rows) {
      const named = [...(cell as string).matchAll(/\(\.\.\/(test[^)]+)\)/g)].map(([, file]) => file);
      expect([attack, testsOf(attack as string)]).toEqual([attack, expect.arrayContaining(named)]);
    }
  });
});

describe("the README's example, against the stack that npm start runs", () => {
  type Authenticator = { authenticatorId: string; secret: string };
  const ada = { accountId: 'acme', id: 'ada', email: 'ada@example.com' };
  let local: Local;
  let app: ReturnType<typeof countersign>;
  beforeAll(async () => {
    local = await startLocal({ port: 0 });
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' };
    app = countersign(local.url, 'acme', { region: 'us-east-1', credentials });
  });
  afterAll(() => local.close());

  /** A call of the person's browser. */
  const post = async <Answer>(path: string, body: object, bearer = ''): Promise<Answer> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${bearer}` };
    const answer = await fetch(local.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return answer.json() as Promise<Answer>;
  };

  const userToken = async (): Promise<string> => {
    const { token } = await app.post<{ token: string }>('/v1/user-tokens', {
      accountId: 'acme',
      userId: 'ada',
      role: 'user',
    });
    return token;
  };

  const challenged = async () => {
    const started = await app.start(ada);
    if (started.status !== 'challenge') {
      throw new Error(`not challenged: ${started.status}`);
    }
    return started;
  };

  /** What the person does on the settings page; answers with the authenticator's secret. */
  const enrol = async (): Promise<string> => {
    const bearer = await userToken();
    const { authenticatorId, secret } = await post<Authenticator>('/v1/me/authenticators', {}, bearer);
    const code = totpAt(secret, local.clock.now());
    await post(`/v1/me/authenticators/${authenticatorId}/confirm`, { code }, bearer);
    return secret;
  };

  it('signs in by a second factor, and refuses the token of another sign-in, user or account', async () => {
    expect(await app.start(ada)).toMatchObject({ status: 'passed', secondFactor: 'none' });
    const secret = await enrol();
    local.clock.advance(30);
    const { challengeToken, challengeId } = await challenged();
    const code = totpAt(secret, local.clock.now());
    const { token } = await post<{ token: string }>('/v1/challenges/verify', {
      challengeToken,
      method: 'totp',
      code,
    });

    const claims = await app.finish(token, ada, challengeId);
    expect(claims).toMatchObject({ sub: 'ada', account: 'acme', second_factor: 'totp' });
    const { challengeId: otherId } = await challenged();
    await expect(app.finish(token, ada, otherId)).rejects.toThrow('Another sign-in');
    await expect(app.finish(token, { ...ada, accountId: 'other' }, challengeId)).rejects.toThrow(
      'Another sign-in',
    );
    await expect(app.finish(token, { ...ada, id: 'bob' }, challengeId)).rejects.toThrow('"sub"');
    await expect(app.finish(await userToken(), ada, challengeId)).rejects.toThrow('"typ"');
  });
});
