/** Everybody signs the same number of people in, in turns, so that a busy machine is busy for all of them. */
import type { Contestant, Round } from './contestants.ts';

export type Result = {
  name: string;
  /** Medians over the rounds. */
  perSecond: number;
  cpuMsEach: number;
  engineCpuMsEach: number;
};
export type Ratio = { of: string; to: string; rate: Spread; cpu: Spread };
type Spread = { median: number; least: number; most: number };

/** Runs `rounds` of them after one that does not count; the order changes with each. */
export async function headToHead(
  contestants: Contestant[],
  { rounds, atOnce }: { rounds: number; atOnce: number },
  onRound: (round: number) => void,
): Promise<{ results: Result[]; ratios: Ratio[] }> {
  const runs = new Map<string, Round[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    const first = round % contestants.length;
    for (const contestant of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      const run = await contestant.run(round, atOnce);
      if (round > 0) {
        runs.get(contestant.name)?.push(run);
      }
    }
    onRound(round);
  }
  const results = contestants.map(({ name }) => resultOf(name, runs.get(name) ?? []));
  const [ours, theirs] = [true, false].map((isOurs) =>
    contestants.filter(({ name }) => name.startsWith('Countersign') === isOurs),
  ) as [Contestant[], Contestant[]];
  const ratios = ours.flatMap((one) =>
    theirs.map((other) =>
      ratioOf(one.name, other.name, runs.get(one.name) ?? [], runs.get(other.name) ?? []),
    ),
  );
  return { results, ratios };
}

const rate = ({ signIns, wallMs }: Round) => (signIns / wallMs) * 1000;
const cpu = ({ signIns, cpuMs }: Round) => cpuMs / signIns;

function resultOf(name: string, runs: Round[]): Result {
  return {
    name,
    perSecond: median(runs.map(rate)),
    cpuMsEach: median(runs.map(cpu)),
    engineCpuMsEach: median(runs.map(({ engineCpuMs, signIns }) => engineCpuMs / signIns)),
  };
}

/** Round by round, because a round of one and the next of the other saw the same machine. */
function ratioOf(of: string, to: string, ours: Round[], theirs: Round[]): Ratio {
  const over = (measure: (run: Round) => number) =>
    spread(ours.map((run, n) => measure(run) / measure(theirs[n] as Round)));
  return { of, to, rate: over(rate), cpu: over(cpu) };
}

const spread = (values: number[]): Spread => ({
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
});

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
