import { describe, expect, it } from 'vitest';
import { deviceLabel, deviceOf } from '../../../lambdas/edge/courier/device-label.ts';

const chrome =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';

describe('a device', () => {
  it('has the names of its browser and system', () => {
    expect(deviceLabel(chrome)).toBe('Chrome on macOS');
    expect(deviceLabel(safari)).toBe('Safari on iOS');
  });

  it.each([undefined, '', 'curl/8.5.0', '<script>', 'constructor/1 toString'])(
    'is unknown of %j',
    (agent) => {
      expect(deviceOf(agent)).toEqual({ browser: undefined, system: undefined });
      expect(deviceLabel(agent)).toBe('Unknown device');
    },
  );

  it('never has a name that the agent gave itself', () => {
    expect(deviceLabel('visit-https://evil.example/now x')).toBe('Unknown device');
  });
});
