/** Devices by names that people know. */
import Bowser from 'bowser';
import type { Device } from '../../core/notices/mail-facts.ts';

/**
 * Browser and operating system, such as Chrome and macOS, where they are known ones. The text of the user agent itself is
 * never shown: whoever sends it would write into somebody else's mail.
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

/** Such as `Chrome on macOS`; `Unknown device` where neither is known. */
export function deviceLabel(userAgent: string | undefined): string {
  const { browser, system } = deviceOf(userAgent);
  return [browser, system].filter((name) => name !== undefined).join(' on ') || 'Unknown device';
}
