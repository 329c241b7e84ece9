/**
 * `npm run prove`: clients race through the running service while its engines fail and its process is killed, and every
 * answer must have an explanation. Ends with 1 when something has none.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { drawn, told } from './drawing.ts';
import { prove } from './prove.ts';

const usage = `npm run prove -- [options]
  --seed N       the first round's seed (1); round after round it grows by one
  --minutes M    how long new rounds begin (1)
  --once         one round: the replay of a seed
  --plant NAME   puts a mistake into the functions: "unconditional"`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '1' },
    once: { type: 'boolean', default: false },
    plant: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const minutes = Number(values.minutes);
if (values.help || !Number.isSafeInteger(seed) || !(minutes >= 0)) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}

const proof = await prove({
  seed,
  minutes,
  once: values.once,
  plant: values.plant,
  onRound: (of, { figures, finding }) =>
    console.log(
      `seed ${of}: ${figures.waves} waves, ${figures.requests} requests${finding ? ', found' : ''}`,
    ),
});
console.log(`\n${proof.rounds} rounds from seed ${seed} on: ${JSON.stringify(proof.figures)}`);
if (proof.finding) {
  const { round, replayed, ...finding } = proof.finding;
  const folder = '.build/prove';
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${round.seed}.svg`, drawn(finding));
  writeFileSync(`${folder}/${round.seed}.json`, `${JSON.stringify(round, null, 2)}\n`);
  console.log(`\nFound, and made smaller ${replayed} times (${folder}/${round.seed}.svg and .json):\n`);
  console.log(told(finding));
  process.exitCode = 1;
} else {
  console.log('Every answer has an explanation.');
}
