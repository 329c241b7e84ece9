/** The API's QR code as an image of the page. */
import { html, nothing, type TemplateResult } from 'lit';

/**
 * Draws `qrSvg` anew from its size and its dark modules: attributes alone, so that no Content-Security-Policy and no
 * Trusted Types rule stands against it, and nothing else of the answer reaches the page. Always dark on white,
 * four pixels a module.
 */
export function qrCode(qrSvg: string, label: string): TemplateResult | typeof nothing {
  const box = /viewBox="([\d .]+)"/.exec(qrSvg)?.[1];
  const size = 4 * Number(box?.split(' ')[2]);
  const modules = /stroke="#000000" d="([MmHhVvLlZz\d\s.,-]+)"/.exec(qrSvg)?.[1];
  if (box === undefined || modules === undefined) {
    return nothing;
  }
  return html`<div class="cs-qr"><svg viewBox=${box} width=${size} height=${size} role="img" aria-label=${label} shape-rendering="crispEdges">
    <path fill="#fff" d="M0 0h999v999H0z"></path><path stroke="#000" d=${modules}></path>
  </svg></div>`;
}
