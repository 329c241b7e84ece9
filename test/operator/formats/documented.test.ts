/** Formats of systems that do not run here, by the form that they document: Auth0, Kratos, Authelia, FusionAuth. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formats } from '../../../operator/formats/all.ts';
import { auth0 } from '../../../operator/formats/auth0.ts';
import { authelia } from '../../../operator/formats/authelia.ts';
import type { Written } from '../../../operator/formats/format.ts';
import { fusionauth } from '../../../operator/formats/fusionauth.ts';
import { kratos } from '../../../operator/formats/kratos.ts';
import { codeByOathtool, codeOf, entriesOf, reasonsIn } from '../../support/operator-formats.ts';

const base32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const secret = new Uint8Array(Buffer.from('12345678901234567890'));
const code = codeByOathtool(base32);

describe('Auth0', () => {
  const user = (factors: object[]) =>
    JSON.stringify([{ user_id: 'u1', email: 'ada@example.com', name: 'Ada', mfa_factors: factors }]);

  it('a totp factor is read, and other factors are named, not dropped', () => {
    const [entry] = entriesOf(auth0, user([{ phone: { value: '+15551234' } }, { totp: { secret: base32 } }]));
    expect(entry).toMatchObject({ id: 'u1', email: 'ada@example.com', displayName: 'Ada' });
    expect(entry?.warnings).toEqual(['The phone factor is not imported.']);
    expect(codeOf(entry as never)).toBe(code);
  });

  it('a user without totp is refused with what there is', () => {
    expect(reasonsIn(auth0, user([{ email: { value: 'ada@example.com' } }]))).toEqual([
      'The user has no totp factor (it has email).',
    ]);
  });

  it('is written in files of at most 500 KB, with unpadded base32', () => {
    const many = Array.from(
      { length: 9000 },
      (_, index): Written => ({
        id: `user-${index}`,
        email: `user-${index}@example.com`,
        label: 'x',
        secret,
      }),
    );
    const files = auth0.write?.(many, 'Acme') ?? [];
    expect(files.length).toBeGreaterThan(1);
    expect(Math.max(...files.map((file) => Buffer.byteLength(file)))).toBeLessThanOrEqual(500_000);
    expect(files.flatMap((file) => JSON.parse(file)).map(({ user_id }) => user_id)).toEqual(
      many.map(({ id }) => id),
    );
    expect(JSON.parse(files[0] as string)[0].mfa_factors[0].totp.secret).toMatch(/^[A-Z2-7]+$/);
  });
});

describe('Kratos', () => {
  const identity = (credentials: object) =>
    JSON.stringify({ id: 'k1', traits: { email: 'ada@example.com' }, credentials });
  const totp = {
    config: {
      totp_url: `otpauth://totp/Acme:ada@example.com?algorithm=SHA1&digits=6&issuer=Acme+Inc&period=30&secret=${base32}`,
    },
  };

  it('an identity with its unused lookup secrets is read', () => {
    const recovery_codes = [{ code: 'used0000', used_at: '2026-01-01T00:00:00Z' }, { code: 'fresh111' }];
    const [entry] = entriesOf(kratos, identity({ totp, lookup_secret: { config: { recovery_codes } } }));
    expect(entry).toMatchObject({ id: 'k1', email: 'ada@example.com', recoveryCodes: ['fresh111'] });
    expect(codeOf(entry as never)).toBe(code);
  });

  it('an identity whose credentials were not asked for is refused with what to ask', () => {
    expect(reasonsIn(kratos, identity({ totp: { identifiers: ['k1'] } }))).toEqual([
      expect.stringContaining('include_credential=totp'),
    ]);
  });
});

describe('Authelia', () => {
  const row = { username: 'ada', issuer: 'auth.example.com', algorithm: 'SHA1', digits: 6, period: 30 };

  it.each([
    [
      'the YAML, whose secret is base64 of the base32 text',
      `totp_configurations:\n  - created_at: 2026-01-01T00:00:00Z\n    username: ada\n    issuer: auth.example.com\n    algorithm: SHA1\n    digits: 6\n    period: 30\n    secret: ${Buffer.from(base32).toString('base64')}\n`,
    ],
    ['the csv', `issuer,username,algorithm,digits,period,secret\nauth.example.com,ada,SHA1,6,30,${base32}\n`],
    [
      'the uris, whose query is form-encoded',
      `otpauth://totp/auth.example.com:ada?algorithm=SHA1&digits=6&issuer=Auth+Example&period=30&secret=${base32}\n`,
    ],
  ])('%s is read', (_, text) => {
    const [entry] = entriesOf(authelia, text);
    expect(entry).toMatchObject({ login: row.username, algorithm: 'SHA1', digits: 6, periodSeconds: 30 });
    expect(codeOf(entry as never)).toBe(code);
  });

  it('says the settings of each row', () => {
    const text = `issuer,username,algorithm,digits,period,secret\na,ada,SHA512,8,45,${base32}\n`;
    expect(entriesOf(authelia, text)[0]).toMatchObject({ algorithm: 'SHA512', digits: 8, periodSeconds: 45 });
  });

  it.each(['users: []', '- 1', '{', 'issuer,username,secret\n'])(
    'what is none of the three is refused: %j',
    (text) => {
      expect(() => authelia.read([text], {})).toThrow();
    },
  );
});

describe('FusionAuth', () => {
  const base64 = Buffer.from(secret).toString('base64');
  const user = (method: object, more: object = {}) =>
    JSON.stringify({
      users: [
        {
          id: 'f1',
          email: 'ada@example.com',
          fullName: 'Ada',
          twoFactor: { methods: [{ method: 'authenticator', ...method }], ...more },
        },
      ],
    });

  it.each([
    ['base64', { secret: base64 }],
    ['both, which agree', { secret: base64, secretBase32Encoded: base32 }],
    ['base32 alone', { secretBase32Encoded: base32 }],
  ])('a secret is read from %s', (_, method) => {
    expect(codeOf(entriesOf(fusionauth, user(method))[0] as never)).toBe(code);
  });

  it('is refused where the two differ, and where base64 and base32 cannot be told apart', () => {
    expect(reasonsIn(fusionauth, user({ secret: base64, secretBase32Encoded: 'JBSWY3DPEHPK3PXP' }))).toEqual([
      expect.stringContaining('not the same bytes'),
    ]);
    expect(reasonsIn(fusionauth, user({ secret: base32 }))).toEqual([
      expect.stringContaining('--secret-encoding'),
    ]);
    expect(
      codeOf(entriesOf(fusionauth, user({ secret: base32 }), { secretEncoding: 'base32' })[0] as never),
    ).toBe(code);
  });

  it("has its settings in Java's words, recovery codes, and other methods named", () => {
    const methods = [
      {
        method: 'authenticator',
        secret: base64,
        authenticator: { algorithm: 'HmacSHA256', codeLength: 8, timeStep: 60 },
      },
      { method: 'sms', mobilePhone: '+15551234' },
    ];
    expect(entriesOf(fusionauth, user({}, { methods, recoveryCodes: ['aaaa', 'bbbb'] }))[0]).toMatchObject({
      algorithm: 'SHA256',
      digits: 8,
      periodSeconds: 60,
      recoveryCodes: ['aaaa', 'bbbb'],
      warnings: ['The sms method is not imported.'],
    });
  });
});

describe.each(formats.filter(({ write }) => write))('$name', (format) => {
  it('takes 5,000 people, each with a secret of their own', () => {
    const people = Array.from({ length: 5000 }, (_, index): Written => {
      const own = new Uint8Array(createHash('sha256').update(String(index)).digest().subarray(0, 20));
      return { id: `u-${index}`, email: `u-${index}@example.com`, label: 'Phone', secret: own };
    });
    const read = entriesOf(format, format.write?.(people, 'Acme') ?? []);
    expect(read.map(({ secret: own }) => Buffer.from(own).toString('hex'))).toEqual(
      people.map(({ secret: own }) => Buffer.from(own).toString('hex')),
    );
  });

  it('gives again what it wrote: the same codes for the same people', () => {
    const written: Written[] = [
      { id: 'u-1', email: 'ada@example.com', displayName: 'Ada', label: 'Phone', secret },
      {
        id: 'u-2',
        email: 'bob+acme@example.com',
        label: 'Phone',
        secret: new Uint8Array(Buffer.from('another secret of 26 bytes')),
      },
    ];
    const read = entriesOf(format, format.write?.(written, 'Acme & Söhne') ?? []);
    expect(read.map(codeOf)).toEqual(written.map(codeOf));
    const who = read.map((entry) => entry.id ?? entry.login);
    expect(who).toEqual(format.name === 'kratos' ? ['u-1', 'u-2'] : written.map(({ id }) => id));
  });
});
