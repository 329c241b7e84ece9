/**
 * What may be, written anew from the documents and without a line of the product: one person's second factors, and what each
 * answer says about them. It knows nothing of time, locks or policies: a refusal for those changes nothing here.
 */

export type Spend =
  | { method: 'totp'; app: string; step: number; exact: boolean }
  | { method: 'recovery_code'; batch: string; index: number }
  | { method: 'email' }
  | { method: 'guess'; budget: 'codes' | 'recovery' };

type Change =
  | { to: 'app_added'; app: string; step: number; batch: string }
  | { to: 'regenerated'; batch: string }
  | { to: 'disabled' }
  | { to: 'reset' }
  | { to: 'unlocked' }
  /** What the app said of the person. Where it moves the mailbox, trust ends. */
  | { to: 'profile' }
  | { to: 'devices_ended' };

/** One request, as its client saw it. Times are this machine's, in ms. */
export type Op = {
  id: number;
  user: number;
  label: string;
  invokedAtMs: number;
  /** Infinity while nobody knows whether it is over. */
  answeredAtMs: number;
  spends?: Spend;
  /** The challenge that the spend passes, and the `Idempotency-Key` that it was sent with. */
  challenge?: string;
  key?: string;
  /** The trusted device that the person asked for. */
  remembers?: string;
  /** The trusted device that stood for a factor. */
  usesDevice?: string;
  change?: Change;
  outcome: 'ok' | 'refused' | 'unknown';
  code?: string;
  reason?: string | undefined;
  /** Of the result token. */
  jti?: string;
  /** The answer went on to an enrolment: the challenge has not passed. */
  goesOn?: boolean;
};

export type State = {
  /** The last time step of each authenticator. */
  apps: Readonly<Record<string, number>>;
  recovery: { batch: string; spent: readonly number[] } | undefined;
  devices: readonly string[];
  failures: number;
  consecutive: number;
  recoveryConsecutive: number;
  /** Challenges that have passed, each with what may be answered the same again: its key and code, or nothing. */
  passed: Readonly<Record<string, string>>;
  owesEnrolment: boolean;
};

export const nobody: State = {
  apps: {},
  recovery: undefined,
  devices: [],
  failures: 0,
  consecutive: 0,
  recoveryConsecutive: 0,
  passed: {},
  owesEnrolment: false,
};

const isOn = ({ apps }: State): boolean => Object.keys(apps).length > 0;

/** The state after a right code, or undefined where no code is right: used, replaced, or of what is gone. */
function spent(state: State, spend: Spend): State | undefined {
  switch (spend.method) {
    case 'totp': {
      const last = state.apps[spend.app];
      return last !== undefined && last < spend.step
        ? { ...state, apps: { ...state.apps, [spend.app]: spend.step }, consecutive: 0 }
        : undefined;
    }
    case 'recovery_code': {
      const { recovery } = state;
      if (recovery?.batch !== spend.batch || recovery.spent.includes(spend.index)) {
        return undefined;
      }
      const left = { ...recovery, spent: [...recovery.spent, spend.index].sort() };
      const cleared = { failures: 0, consecutive: 0, recoveryConsecutive: 0, devices: [] };
      return { ...state, ...cleared, recovery: left };
    }
    case 'email':
      return { ...state, consecutive: 0 };
    default:
      return undefined;
  }
}

function changed(state: State, change: Change): State | undefined {
  const off = { ...state, apps: {}, recovery: undefined, devices: [] };
  switch (change.to) {
    case 'app_added': {
      const recovery = state.recovery ?? { batch: change.batch, spent: [] };
      const apps = { ...state.apps, [change.app]: change.step };
      return change.app in state.apps
        ? undefined
        : { ...state, apps, recovery, devices: [], consecutive: 0, owesEnrolment: false };
    }
    case 'regenerated':
      return isOn(state) ? { ...state, recovery: { batch: change.batch, spent: [] } } : undefined;
    case 'disabled':
      return isOn(state) ? off : undefined;
    case 'reset':
      return { ...off, failures: 0, consecutive: 0, recoveryConsecutive: 0, owesEnrolment: true };
    case 'unlocked':
      return { ...state, failures: 0, consecutive: 0, recoveryConsecutive: 0 };
    case 'profile':
      return state;
    default:
      return { ...state, devices: [] };
  }
}

/** Two of them where a mailbox was proven or moved: whether that ends trust depends on what was proven before. */
function done(state: State, op: Op): State[] {
  const { spends, challenge, usesDevice, remembers, change } = op;
  if (usesDevice !== undefined && !state.devices.includes(usesDevice)) {
    return [];
  }
  if (challenge !== undefined && challenge in state.passed) {
    // The one thing that passes twice: the same request, told the same again.
    return op.key !== undefined && state.passed[challenge] === requestOf(op) ? [state] : [];
  }
  // Who has nothing on is asked for no proof, whatever they send.
  const isAsked = challenge !== undefined || isOn(state);
  const paid = spends && isAsked ? spent(state, spends) : state;
  const after = paid && change ? changed(paid, change) : paid;
  if (!after) {
    return [];
  }
  const mayMove = spends?.method === 'email' || change?.to === 'profile';
  return (mayMove ? [after, { ...after, devices: [] }] : [after]).map((each) => {
    if (challenge === undefined || op.goesOn) {
      return each;
    }
    const devices = remembers === undefined ? each.devices : [...each.devices, remembers].slice(-10);
    return { ...each, devices, passed: { ...each.passed, [challenge]: requestOf(op) } };
  });
}

const requestOf = ({ key, spends }: Op): string =>
  key === undefined ? '' : `${key} ${JSON.stringify(spends)}`;

/** One more failure, where a code may be called wrong in this state. */
function wrong(state: State, { spends }: Op): State | undefined {
  if (!spends) {
    return undefined;
  }
  const isRecovery =
    spends.method === 'recovery_code' || (spends.method === 'guess' && spends.budget === 'recovery');
  const isRight =
    (spends.method === 'totp' && spends.exact && spends.app in state.apps) ||
    (spends.method === 'recovery_code' && spent(state, spends) !== undefined);
  if (isRight) {
    return undefined;
  }
  return isRecovery
    ? { ...state, recoveryConsecutive: state.recoveryConsecutive + 1 }
    : { ...state, failures: state.failures + 1, consecutive: state.consecutive + 1 };
}

/** Every state that this answer can leave behind; none where the answer cannot be given in `state`. */
export function statesAfter(state: State, op: Op): State[] {
  const known = (...states: (State | undefined)[]) => states.filter((each) => each !== undefined);
  if (op.outcome === 'unknown') {
    return known(state, ...done(state, op), wrong(state, op));
  }
  if (op.outcome === 'ok') {
    return done(state, op);
  }
  switch (op.code) {
    case 'code_incorrect':
      return known(wrong(state, op));
    case 'code_already_used':
      return op.spends?.method === 'totp' && (state.apps[op.spends.app] ?? -1) < op.spends.step
        ? []
        : [state];
    case 'challenge_used':
      return op.reason === 'passed' && op.challenge !== undefined && !(op.challenge in state.passed)
        ? []
        : [state];
    default:
      return [state];
  }
}

/** A state as text, the same for the same state. */
export const textOf = (state: State): string =>
  JSON.stringify(state, (_, value) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
