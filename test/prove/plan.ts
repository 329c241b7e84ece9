/** What clients will do, drawn from a seed: the same seed is the same plan, whatever the machine makes of it. */

export type Code =
  | { method: 'totp'; app: number; offsetSteps: -1 | 0 | 1 }
  | { method: 'recovery_code'; index: number }
  | { method: 'email' }
  | { method: 'guess'; as: 'totp' | 'recovery_code' };

export type Act =
  | { kind: 'verify'; challenge: number; code: Code; remember: boolean; key?: string }
  | { kind: 'sign-in'; code: Code }
  | { kind: 'device' }
  | { kind: 'enrol' }
  | { kind: 'add-app'; proof: Code }
  | { kind: 'regenerate'; proof: Code }
  | { kind: 'disable'; proof: Code }
  | { kind: 'revoke-devices' }
  | { kind: 'password-changed' }
  | { kind: 'reset' }
  | { kind: 'unlock' }
  | { kind: 'address' }
  | { kind: 'policy'; methods: readonly string[]; mode: 'optional' | 'required' };

/** One client's step: after `afterMs` it acts for `user`; `twice` sends each request of it twice at once. */
export type Step = { user: number; afterMs: number; twice: boolean; act: Act };

export type PlannedFault = {
  engine: 'dynamodb' | 'kms' | 'ses';
  operation: string;
  kind: 'throttle' | 'fail' | 'delay' | 'applied_but_lost' | 'partial';
  times: number;
  delayMs?: number;
};

/** Steps that run at once; before it the clock is moved, and the table is looked at after it. */
export type Wave = {
  advanceSeconds: number;
  /** Whoever has nothing on enrols before it, with nothing in the way. */
  enrolsFirst: boolean;
  faults: readonly PlannedFault[];
  /** The whole process is killed so many ms after the wave began. */
  killAfterMs?: number;
  steps: readonly Step[];
};

/** One account with `users` people, from nobody enrolled to the last wave. */
export type Round = { seed: number; users: number; waves: readonly Wave[] };

/** mulberry32: 32 bits of state are enough to draw a plan. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Draw = {
  below(n: number): number;
  chance(p: number): boolean;
  one<T>(from: readonly T[]): T;
};

function drawFrom(seed: number): Draw {
  const random = randomFrom(seed);
  const below = (n: number) => Math.floor(random() * n);
  return { below, chance: (p) => random() < p, one: (from) => from[below(from.length)] as never };
}

const shares: readonly [Act['kind'], number][] = [
  ['verify', 46],
  ['sign-in', 10],
  ['device', 6],
  ['enrol', 8],
  ['add-app', 4],
  ['regenerate', 6],
  ['disable', 3],
  ['revoke-devices', 3],
  ['password-changed', 2],
  ['reset', 3],
  ['unlock', 2],
  ['address', 3],
  ['policy', 3],
];
const kinds = shares.flatMap(([kind, share]) => Array<Act['kind']>(share).fill(kind));

/** Few codes for many clients: what is to be raced for must be the same. */
function codeFrom(draw: Draw): Code {
  const n = draw.below(100);
  if (n < 55) {
    return { method: 'totp', app: draw.below(2), offsetSteps: draw.one([0, 0, 0, 0, -1, 1]) };
  }
  if (n < 75) {
    return { method: 'recovery_code', index: draw.below(3) };
  }
  return n < 85 ? { method: 'email' } : { method: 'guess', as: draw.one(['totp', 'recovery_code']) };
}

function actFrom(draw: Draw): Act {
  const kind = draw.one(kinds);
  switch (kind) {
    case 'verify':
      return {
        kind,
        challenge: draw.below(2),
        code: codeFrom(draw),
        remember: draw.chance(0.25),
        ...(draw.chance(0.2) && { key: `key-${draw.below(2)}` }),
      };
    case 'sign-in':
      return { kind, code: codeFrom(draw) };
    case 'add-app':
    case 'regenerate':
    case 'disable':
      return { kind, proof: codeFrom(draw) };
    case 'policy':
      return {
        kind,
        mode: draw.one(['optional', 'required']),
        methods: draw.one([['totp', 'email'], ['totp', 'email', 'sms'], ['totp']]),
      };
    default:
      return { kind };
  }
}

const operations = {
  dynamodb: ['PutItem', 'PutItem', 'BatchGetItem', 'GetItem'],
  kms: ['Sign', 'Decrypt', 'Encrypt'],
  ses: ['SendEmail'],
} as const;

function faultFrom(draw: Draw): PlannedFault {
  const engine = draw.one(['dynamodb', 'dynamodb', 'dynamodb', 'kms', 'ses'] as const);
  const operation = draw.one<string>(operations[engine]);
  const kinds = ['throttle', 'fail', 'delay', 'applied_but_lost', 'applied_but_lost'] as const;
  const kind = operation === 'BatchGetItem' && draw.chance(0.3) ? 'partial' : draw.one(kinds);
  // Two seconds are the client's patience: some of these outlast it, and the write lands after its caller gave up.
  const delayMs = draw.one([40, 150, 400, 2300]);
  return { engine, operation, kind, times: 1 + draw.below(4), ...(kind === 'delay' && { delayMs }) };
}

function waveFrom(draw: Draw, users: number): Wave {
  // As many for each: orders are tried person by person, and their number grows fast.
  const steps = Array.from({ length: users * (3 + draw.below(5)) }, (_, n) => ({
    user: n % users,
    afterMs: draw.chance(0.6) ? 0 : draw.below(120),
    twice: draw.chance(0.1),
    act: actFrom(draw),
  }));
  return {
    advanceSeconds: draw.one([0, 30, 31, 45, 90, 700, 4000]),
    enrolsFirst: draw.chance(0.8),
    faults: draw.chance(0.7) ? Array.from({ length: 1 + draw.below(4) }, () => faultFrom(draw)) : [],
    ...(draw.chance(0.08) && { killAfterMs: 10 + draw.below(250) }),
    steps,
  };
}

/** The round of this seed. */
export function roundFrom(seed: number): Round {
  const draw = drawFrom(seed);
  const users = draw.one([1, 4, 8, 12, 16]);
  return { seed, users, waves: Array.from({ length: 2 + draw.below(4) }, () => waveFrom(draw, users)) };
}
