/** Devices by a name that a person knows. */
import Bowser from 'bowser';
import type { Device } from '../core/mails.ts';

/** Browser and operating system, such as Chrome and macOS, as far as the agent tells. */
export function deviceOf(userAgent: string | undefined): Device {
  if (!userAgent) {
    return {};
  }
  const { browser, os } = Bowser.parse(userAgent);
  return { browser: browser.name || undefined, system: os.name || undefined };
}

/** Such as `Chrome on macOS`; `Unknown device` for an agent that says nothing of itself. */
export function deviceLabel(userAgent: string | undefined): string {
  const { browser, system } = deviceOf(userAgent);
  return [browser, system].filter((name) => name !== undefined).join(' on ') || 'Unknown device';
}
