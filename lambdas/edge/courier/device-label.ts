/** Devices by a name that a person knows. */
import Bowser from 'bowser';
import type { Device } from '../../core/notices/mail-facts.ts';

/**
 * Browser and operating system, such as Chrome and macOS, as far as they are known ones. The agent's own words stay out:
 * whoever sends them would write into somebody else's mail.
 */
export function deviceOf(userAgent: string | undefined): Device {
  if (!userAgent) {
    return {};
  }
  const { browser, os } = Bowser.parse(userAgent);
  return { browser: known(browser.name, Bowser.BROWSER_MAP), system: known(os.name, Bowser.OS_MAP) };
}

const known = (name: string | undefined, names: Record<string, string>): string | undefined =>
  Object.values(names).find((each) => each === name);

/** Such as `Chrome on macOS`; `Unknown device` for an agent that says nothing of itself. */
export function deviceLabel(userAgent: string | undefined): string {
  const { browser, system } = deviceOf(userAgent);
  return [browser, system].filter((name) => name !== undefined).join(' on ') || 'Unknown device';
}
