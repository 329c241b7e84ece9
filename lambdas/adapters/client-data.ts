/** What the browser says of the page that asked (WebAuthn 5.8.1). */

/**
 * Whether a page of another site had ours in a frame, or it cannot be told. Refused before the library: it lets a browser
 * pass that says so without naming the site.
 */
export function isCrossOrigin(clientDataJson: string): boolean {
  try {
    const clientData: unknown = JSON.parse(Buffer.from(clientDataJson, 'base64url').toString());
    const { crossOrigin = false, topOrigin } = clientData as { crossOrigin?: unknown; topOrigin?: unknown };
    return crossOrigin !== false || topOrigin !== undefined;
  } catch {
    return true;
  }
}
