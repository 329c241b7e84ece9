/** The files of `fixtures/better-auth` were written by better-auth itself; `make.mjs` beside them says how. */
import { describe, expect, it } from 'vitest';
import { betterAuth, readBetterAuthSecrets } from '../../../operator/formats/better-auth.ts';
import { codeByOathtool, codeOf, entriesOf, fixture, reasonsIn } from '../../support/operator-formats.ts';

const oldSecret = 'an-old-secret-of-better-auth-0123456789abcdef';
const newSecret = 'a-new-secret-of-better-auth-fedcba9876543210';
const several = readBetterAuthSecrets(
  `BETTER_AUTH_SECRETS="2:${newSecret},1:${oldSecret}"\nBETTER_AUTH_SECRET=${oldSecret}\n`,
);

type Expected = { id: string; email: string; totpURI: string; backupCodes: string[] };

describe.each([
  ['one-secret', readBetterAuthSecrets(oldSecret)],
  ['several-secrets', several],
])('what better-auth wrote with %s', (name, betterAuthSecrets) => {
  const entries = entriesOf(betterAuth, fixture(`better-auth/${name}.json`), { betterAuthSecrets });
  const expected = JSON.parse(fixture(`better-auth/${name}.expected.json`)) as Expected[];

  it.each(expected)('gives the codes of the QR code that $email scanned', ({ email, id, totpURI }) => {
    const entry = entries.find((one) => one.email === email);
    expect(entry).toMatchObject({ id, warnings: [] });
    expect(codeOf(entry as never)).toBe(
      codeByOathtool(new URL(totpURI).searchParams.get('secret') as string),
    );
  });

  it.each(expected)(
    'gives the backup codes of $email: plain, sealed once or twice',
    ({ email, backupCodes }) => {
      expect(entries.find((one) => one.email === email)?.recoveryCodes).toEqual(backupCodes);
    },
  );
});

describe('the secrets', () => {
  it('are asked for', () => {
    expect(() => betterAuth.read([fixture('better-auth/one-secret.json')], {})).toThrow(
      '--better-auth-secrets',
    );
  });

  it('that do not fit are said for each row, and the others go on', () => {
    const wrong = readBetterAuthSecrets(`2:${newSecret}`);
    const text = fixture('better-auth/several-secrets.json');
    expect(reasonsIn(betterAuth, text, { betterAuthSecrets: wrong })).toEqual([
      'The secret does not open with any of the better-auth secrets given.',
    ]);
    expect(betterAuth.read([text], { betterAuthSecrets: wrong })).toHaveLength(3);
  });

  it('are read as an environment file has them', () => {
    expect(readBetterAuthSecrets(`# old\nexport BETTER_AUTH_SECRET='a,b:c'\n`)).toEqual({
      current: 'a,b:c',
      byVersion: new Map(),
    });
    expect(() => readBetterAuthSecrets('\n# nothing\n')).toThrow('empty');
  });
});

it('an authenticator that was never confirmed, and one of nobody, are left out', () => {
  const { user, twoFactor } = JSON.parse(fixture('better-auth/one-secret.json'));
  const text = JSON.stringify({
    user: user.slice(0, 1),
    twoFactor: [{ ...twoFactor[0], verified: false }, twoFactor[1]],
  });
  expect(reasonsIn(betterAuth, text, { betterAuthSecrets: several })).toEqual([
    'The authenticator was never confirmed.',
    'No row in "user" has this id.',
  ]);
});
