/** Rounds until the time is over or something is found; what is found is made smaller as far as it goes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Round, roundFrom, type Wave } from './plan.ts';
import { type Figures, type Finding, play, type RoundResult } from './round.ts';
import { Service } from './service.ts';

export type Proof = {
  rounds: number;
  figures: Figures;
  finding?: Finding & { round: Round; replayed: number };
};

type Options = {
  seed: number;
  minutes: number;
  /** One round alone: that of `seed`. */
  once?: boolean;
  /** A mistake to put into the functions. */
  plant?: string | undefined;
  onRound?(seed: number, result: RoundResult): void;
};

/** Rounds of the seeds `seed`, `seed + 1` and so on; ends with the first finding. */
export async function prove({ seed, minutes, once, plant, onRound }: Options): Promise<Proof> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-prove-'));
  const service = new Service(folder, plant);
  const proof: Proof = { rounds: 0, figures: noFigures };
  const endMs = performance.now() + minutes * 60_000;
  try {
    await service.start();
    do {
      const round = roundFrom(seed + proof.rounds);
      const result = await play(service, round);
      proof.rounds += 1;
      proof.figures = added(proof.figures, result.figures);
      onRound?.(round.seed, result);
      if (result.finding) {
        proof.finding = await shrunk(service, round, result.finding);
        return proof;
      }
    } while (!once && performance.now() < endMs);
    return proof;
  } finally {
    await service.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

const noFigures: Figures = {
  waves: 0,
  requests: 0,
  ok: 0,
  refused: 0,
  unknown: 0,
  raced: 0,
  faults: 0,
  kills: 0,
};

const added = (one: Figures, other: Figures): Figures =>
  Object.fromEntries(
    Object.entries(one).map(([name, n]) => [name, n + other[name as keyof Figures]]),
  ) as Figures;

const triesPerRound = 3;
const shrinkForMs = 120_000;

/** The smallest round found, in two minutes, that still shows something; a race shows itself in one of three tries or not at all. */
async function shrunk(service: Service, round: Round, found: Finding): Promise<Proof['finding']> {
  let best = { ...found, round, replayed: 0 };
  const endMs = performance.now() + shrinkForMs;
  let candidates = smaller(round);
  while (candidates.length > 0 && performance.now() < endMs) {
    const [candidate, ...others] = candidates as [Round, ...Round[]];
    candidates = others;
    for (let n = 0; n < triesPerRound && performance.now() < endMs; n += 1) {
      const { finding } = await play(service, candidate);
      if (finding) {
        best = { ...finding, round: candidate, replayed: best.replayed + 1 };
        candidates = smaller(candidate);
        break;
      }
    }
  }
  return best;
}

/** Rounds with less: without the later waves, a wave, its faults, or some of its steps. */
export function smaller(round: Round): Round[] {
  const { waves } = round;
  const withWaves = (changed: Round['waves']): Round => ({ ...round, waves: changed });
  const fewer = waves.length > 1 ? waves.map((_, n) => withWaves(waves.filter((_, at) => at !== n))) : [];
  const calmer = waves.flatMap((wave, n) =>
    wave.faults.length > 0 || wave.killAfterMs !== undefined
      ? [withWaves(waves.with(n, { ...without(wave, 'killAfterMs'), faults: [] }))]
      : [],
  );
  const shorter = waves.flatMap((wave, n) =>
    halves(wave.steps).map((steps) => withWaves(waves.with(n, { ...wave, steps }))),
  );
  return [...fewer, ...calmer, ...shorter];
}

function without(wave: Wave, name: 'killAfterMs'): Wave {
  const { [name]: _, ...rest } = wave;
  return rest;
}

/** The list without its first half, without its second, and without each one alone where few are left. */
function halves<T>(list: readonly T[]): T[][] {
  if (list.length < 2) {
    return [];
  }
  const middle = Math.ceil(list.length / 2);
  const single = list.length <= 8 ? list.map((_, n) => list.filter((_, at) => at !== n)) : [];
  return [list.slice(0, middle), list.slice(middle), ...single];
}
