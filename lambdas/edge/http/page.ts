/** Answers that are no JSON: the hosted prompt's document and its files. */

/** A file as a browser gets it. */
export class Page {
  readonly contentType: string;
  readonly text: string;
  /** How long browsers may keep it. */
  readonly cacheControl: string;

  constructor(contentType: string, text: string, cacheControl: string) {
    this.contentType = contentType;
    this.text = text;
    this.cacheControl = cacheControl;
  }
}

/**
 * What the prompt's page may do: run its own script, ask its own API, and nothing else. No site may frame it, and no
 * address that it holds travels on.
 */
export const pageHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types lit-html',
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;
