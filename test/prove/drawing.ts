/** A history as a picture: one lane for each request, time to the right, coloured by its outcome. */
import type { Finding } from './round.ts';

const lane = 18;
const left = 250;
const width = 1200;
const colours = { ok: '#2f9e44', refused: '#868e96', unknown: '#f08c00' };

const escaped = (text: string): string =>
  text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** The SVG of what was found: who asked what when, and what was answered. */
export function drawn({ what, who, history }: Finding): string {
  const lines = what.split('\n');
  const top = 40 + lines.length * 14;
  const ops = [...history].sort((one, other) => one.invokedAtMs - other.invokedAtMs);
  const start = Math.min(...ops.map(({ invokedAtMs }) => invokedAtMs));
  const ends = ops.map(({ answeredAtMs }) => answeredAtMs).filter(Number.isFinite);
  const end = Math.max(start + 1, ...ops.map(({ invokedAtMs }) => invokedAtMs), ...ends);
  const x = (ms: number) => left + ((Math.min(ms, end) - start) / (end - start)) * (width - left - 220);
  const rows = ops.map((op, n) => {
    const y = top + n * lane;
    const [from, to] = [x(op.invokedAtMs), x(op.answeredAtMs)];
    const answer = [op.outcome, op.code, op.reason].filter(Boolean).join(' ');
    return `<text x="8" y="${y + 12}">${op.id} ${escaped(op.label)}</text>
<rect x="${from.toFixed(1)}" y="${y + 3}" width="${Math.max(2, to - from).toFixed(1)}" height="${lane - 6}" fill="${colours[op.outcome]}"/>
<text x="${(to + 6).toFixed(1)}" y="${y + 12}">${escaped(answer)}</text>`;
  });
  const words = lines.map((line, n) => `<text x="8" y="${36 + n * 14}">${escaped(line)}</text>`);
  const height = top + ops.length * lane + 20;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="monospace" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
<text x="8" y="18" font-weight="bold">${escaped(who)}, ${((end - start) / 1000).toFixed(2)} s</text>
${[...words, ...rows].join('\n')}
</svg>
`;
}

/** The same as text, for a terminal. */
export function told({ what, who, history }: Finding): string {
  const start = Math.min(...history.map(({ invokedAtMs }) => invokedAtMs));
  const at = (ms: number) => (Number.isFinite(ms) ? (ms - start).toFixed(0).padStart(5) : '    ?');
  const rows = [...history]
    .sort((one, other) => one.invokedAtMs - other.invokedAtMs)
    .map(
      (op) =>
        `  ${at(op.invokedAtMs)}..${at(op.answeredAtMs)} ms  ${String(op.id).padStart(3)} ${op.label.padEnd(28)} ${[op.outcome, op.code, op.reason].filter(Boolean).join(' ')}`,
    );
  return `${who}: ${what}\n${rows.join('\n')}\n`;
}
