/**
 * The mails, as text and HTML. A code mail holds a code and nothing to click; a notice holds neither code nor sign-in
 * link. Whatever a person typed is one line in text and escaped in HTML.
 */
import { type NoticeType, silentEvents } from './events.ts';
import type { Mail } from './ports.ts';
import type { OutboxEvent } from './state.ts';

export type CodePurpose = 'sign_in' | 'proof' | 'enable_email' | 'policy_change';
export type Brand = { product: string; supportContact?: string };
export type Content = Omit<Mail, 'to'>;

const codeTexts: Record<CodePurpose, { subject: string; intro: string }> = {
  sign_in: { subject: 'Your sign-in code', intro: 'Use this code to finish signing in:' },
  proof: {
    subject: 'Your confirmation code',
    intro: 'Use this code to confirm a change of your security settings:',
  },
  policy_change: {
    subject: 'Confirm a change of the two-factor policy',
    intro: 'Use this code to confirm your change of the two-factor policy, for everybody in your account:',
  },
  enable_email: {
    subject: 'Confirm codes by e-mail',
    intro: 'Use this code to turn on sign-in codes by e-mail:',
  },
};

/** The mail that carries a 6-digit code. */
export function codeMail(purpose: CodePurpose, code: string, brand: Brand): Content {
  const { subject, intro } = codeTexts[purpose];
  return compose(`${brand.product}: ${subject}`, brand, [
    { text: intro },
    { code },
    {
      text: 'It works once, for 10 minutes. Never tell it to anybody, not even to somebody who says they are from support.',
    },
    { text: 'If you did not ask for it, somebody may know your password: change it.' },
  ]);
}

const notices: Record<NoticeType, { subject: string; happened: string }> = {
  two_factor_enabled: {
    subject: 'Two-factor authentication is on',
    happened: 'Two-factor authentication was turned on for your account.',
  },
  two_factor_disabled: {
    subject: 'Two-factor authentication is off',
    happened: 'Two-factor authentication was turned off for your account. Its recovery codes no longer work.',
  },
  two_factor_reset: {
    subject: 'Two-factor authentication was reset',
    happened:
      'Your two-factor authentication was reset by an administrator or by support. You will set it up again at your next sign-in.',
  },
  authenticator_added: {
    subject: 'An authenticator was added',
    happened: 'An authenticator app was added to your account.',
  },
  authenticator_removed: {
    subject: 'An authenticator was removed',
    happened: 'An authenticator app was removed from your account.',
  },
  email_method_added: {
    subject: 'Codes by e-mail are on',
    happened: 'Sign-in codes by e-mail were turned on for your account.',
  },
  email_method_removed: {
    subject: 'Codes by e-mail are off',
    happened: 'Sign-in codes by e-mail were turned off for your account.',
  },
  sms_method_added: {
    subject: 'Codes by text message are on',
    happened: 'Sign-in codes by text message were turned on for your account.',
  },
  sms_method_removed: {
    subject: 'Codes by text message are off',
    happened: 'Sign-in codes by text message were turned off for your account.',
  },
  recovery_codes_regenerated: {
    subject: 'New recovery codes',
    happened: 'New recovery codes were made for your account. The earlier ones no longer work.',
  },
  recovery_code_used: {
    subject: 'A recovery code was used',
    happened: 'One of your recovery codes was used.',
  },
  sign_in_failures: {
    subject: 'Somebody may know your password',
    happened:
      'Somebody passed the first step of your sign-in and then entered several wrong codes. If that was not you, change your password now.',
  },
  codes_disabled: {
    subject: 'Codes are disabled after too many failures',
    happened:
      'Too many wrong codes were entered, so your account takes no more codes. Sign in with a recovery code, or ask an administrator to unlock you.',
  },
  trusted_device_added: {
    subject: 'A device is remembered',
    happened: 'A device was remembered: it skips the second step of your sign-in from now on.',
  },
  trusted_device_revoked: {
    subject: 'A remembered device was removed',
    happened: 'A remembered device was removed. It will be asked for the second step again.',
  },
  exemption_granted: {
    subject: 'A temporary exemption from two-factor authentication',
    happened: 'You were exempted from two-factor authentication for a limited time.',
  },
  exemption_ended: {
    subject: 'Your exemption has ended',
    happened: 'Your exemption from two-factor authentication was ended.',
  },
  unlocked: {
    subject: 'Your account was unlocked',
    happened: 'The lock after too many wrong codes was taken off your account.',
  },
  policy_changed: {
    subject: 'The two-factor policy was changed',
    happened:
      'The two-factor policy of your account was changed. The change holds from the next sign-in of each user.',
  },
  enforcement_on: {
    subject: 'Your account now requires two-factor authentication',
    happened:
      'Two-factor authentication is required for your account. You will set it up at your next sign-in.',
  },
  enforcement_reminder: {
    subject: 'Two-factor authentication will be required soon',
    happened: 'Two-factor authentication will be required for your account soon. Set it up before then.',
  },
  trusted_devices_ended: {
    subject: 'Remembered devices were signed out',
    happened: 'The devices that skipped the second step will be asked for it again.',
  },
};

/**
 * The notice of a change: what, when, from where, and what to do if it was somebody else. Undefined for events that are for
 * the audit trail alone; an event of a newer release is told in general words.
 */
export function noticeMail(event: OutboxEvent, brand: Brand): Content | undefined {
  if (silentEvents.some((type) => type === event.type)) {
    return undefined;
  }
  const { subject, happened } = notices[event.type as NoticeType] ?? {
    subject: 'A security setting changed',
    happened: 'A security setting of your account changed.',
  };
  const remaining = event.detail?.remaining;
  return compose(`${brand.product}: ${subject}`, brand, [
    { text: happened },
    ...(remaining === undefined ? [] : [{ text: `Recovery codes left: ${remaining}.` }]),
    { facts: factsOf(event) },
    {
      text: 'If this was you, there is nothing to do. If it was not, change your password and tell us at once.',
    },
  ]);
}

function factsOf(event: OutboxEvent): [string, string][] {
  const when = `${new Date(event.atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const by = {
    user: 'you',
    app: 'the application',
    admin: 'an administrator',
    support: 'support',
    system: 'the system',
  };
  const facts: [string, string | undefined][] = [
    ['When', when],
    ['By', by[event.actor.kind]],
    ['Address', event.ip],
    ['Device', event.userAgent],
  ];
  return facts.flatMap(([name, value]) => (value ? [[name, oneLine(value, 200)]] : []));
}

type Part = { text: string } | { code: string } | { facts: [string, string][] };

function compose(subject: string, brand: Brand, parts: Part[]): Content {
  const contact = brand.supportContact ? `Questions? ${brand.supportContact}` : undefined;
  const all: Part[] = contact ? [...parts, { text: contact }] : parts;
  const html = all.map(asHtml).join('\n');
  return {
    subject: oneLine(subject, 150),
    text: `${all.map(asText).join('\n\n')}\n\n${oneLine(brand.product, 100)}\n`,
    html: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(oneLine(subject, 150))}</title></head>
<body style="font-family:system-ui,sans-serif;line-height:1.5;color:#1a1a1a;background:#fff;margin:0;padding:24px">
<div style="max-width:520px;margin:0 auto">
<p style="font-weight:600">${escaped(oneLine(brand.product, 100))}</p>
${html}
</div></body></html>
`,
  };
}

function asText(part: Part): string {
  if ('text' in part) {
    return oneLine(part.text, 600);
  }
  return 'code' in part
    ? `    ${part.code}`
    : part.facts.map(([name, value]) => `${name}: ${value}`).join('\n');
}

function asHtml(part: Part): string {
  if ('text' in part) {
    return `<p>${escaped(oneLine(part.text, 600))}</p>`;
  }
  if ('code' in part) {
    return `<p style="font:600 32px/1.2 ui-monospace,monospace;letter-spacing:6px">${part.code}</p>`;
  }
  const rows = part.facts.map(
    ([name, value]) =>
      `<tr><td style="padding:2px 16px 2px 0;color:#555">${name}</td><td>${escaped(value)}</td></tr>`,
  );
  return `<table role="presentation">${rows.join('')}</table>`;
}

/** No line breaks and no control characters, so that nothing typed can start a header or a line of its own. */
function oneLine(text: string, max: number): string {
  const line = text.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return [...line].slice(0, max).join('');
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
