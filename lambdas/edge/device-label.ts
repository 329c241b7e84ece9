/** Devices by a name that a person knows. */
import Bowser from 'bowser';

/** Such as `Chrome on macOS`; `Unknown device` for an agent that says nothing of itself. */
export function deviceLabel(userAgent: string | undefined): string {
  if (!userAgent) {
    return 'Unknown device';
  }
  const { browser, os } = Bowser.parse(userAgent);
  const parts = [browser.name, os.name].filter((name) => name);
  return parts.length > 0 ? parts.join(' on ') : 'Unknown device';
}
