import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Courier, startCourier } from '../../../local/lambda/courier.ts';

const runMs = 1000;
let running = 0;
let mostAtOnce = 0;
let events: { time: string }[] = [];
let courier: Courier;

beforeEach(() => {
  vi.useFakeTimers();
  running = 0;
  mostAtOnce = 0;
  events = [];
  const invoke = async (_: string, event: unknown) => {
    events.push(event as { time: string });
    running += 1;
    mostAtOnce = Math.max(mostAtOnce, running);
    await new Promise((resolve) => setTimeout(resolve, runMs));
    running -= 1;
    return { result: null };
  };
  courier = startCourier(['courier'], { invoke }, () => Date.UTC(2040, 0, 1));
});
afterEach(() => {
  courier.close();
  vi.useRealTimers();
});

describe('the courier', () => {
  it('is started once for writes that come together', async () => {
    for (let write = 0; write < 20; write += 1) {
      courier.wake();
    }
    await vi.advanceTimersByTimeAsync(runMs);
    expect(events).toHaveLength(1);
  });

  it('is never started twice at once, and runs once more for what came meanwhile', async () => {
    courier.wake();
    await vi.advanceTimersByTimeAsync(runMs / 2);
    for (let write = 0; write < 20; write += 1) {
      courier.wake();
    }
    await vi.advanceTimersByTimeAsync(2 * runMs);
    expect(events).toHaveLength(2);
    expect(mostAtOnce).toBe(1);
  });

  it('is started regularly without any write, with the time of the movable clock', async () => {
    await vi.advanceTimersByTimeAsync(10_000);
    expect(events.length).toBeGreaterThanOrEqual(2);
    expect(events[0]).toMatchObject({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      time: '2040-01-01T00:00:00.000Z',
    });
  });

  it('is not started any more once closed', async () => {
    courier.wake();
    courier.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(events).toEqual([]);
  });
});
