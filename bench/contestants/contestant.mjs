/** What every contestant does: it says when it is ready, signs people in when it is told to, and counts its own CPU. */
import { performance } from 'node:perf_hooks';

/**
 * `signIn(user, round)` signs one person in, whole, and throws unless a second factor was checked. `atOnce` of them are
 * under way at any time, so that a contestant that waits for its engine does not look busier than it is.
 */
export function compete({ users, signIn, engineCpuMs = () => 0 }) {
  process.on('message', async ({ atOnce, round }) => {
    const waiting = [...users];
    const engine = engineCpuMs();
    const cpu = process.cpuUsage();
    const startedMs = performance.now();
    const worker = async () => {
      for (let user = waiting.pop(); user; user = waiting.pop()) {
        await signIn(user, round);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    const { user, system } = process.cpuUsage(cpu);
    process.send({
      signIns: users.length,
      wallMs: performance.now() - startedMs,
      cpuMs: (user + system) / 1000,
      engineCpuMs: engineCpuMs() - engine,
      rssMb: process.memoryUsage().rss / 1_048_576,
    });
  });
  process.send('ready');
}
