/** `/`: what there is to see on this machine. */

type Door = { href: string; title: string; text: string };

/** `acmeUrl` is absent where Acme does not run. */
export function landingPage(acmeUrl: string | undefined): string {
  const acme = acmeUrl && {
    href: acmeUrl,
    title: 'Acme',
    text: 'A small SaaS to click through: sign up, turn two-factor authentication on, lose the phone, require it from everybody.',
  };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Countersign on this machine</title>
<link rel="stylesheet" href="/_dev/pages/dev.css">
</head>
<body>
<main class="landing">
<h1>Countersign</h1>
<p>Two-factor authentication, running on this machine. Nothing leaves it.</p>
<ul class="doors">
${acme ? `<li class="first">${doorOf(acme)}</li>` : ''}
${doors.map((door) => `<li>${doorOf(door)}</li>`).join('\n')}
</ul>
</main>
</body>
</html>
`;
}

const doors: Door[] = [
  {
    href: '/_dev/mailbox',
    title: 'Mailbox',
    text: 'Every email and text message that the service sent, as it would arrive.',
  },
  {
    href: '/_dev/mails',
    title: 'Gallery of the emails',
    text: 'Each email in each language, in light and dark. The first look takes a few seconds.',
  },
  {
    href: '/openapi.json',
    title: 'The API',
    text: 'Every route as an OpenAPI 3.1 document.',
  },
];

function doorOf({ href, title, text }: Door): string {
  return `<a href="${href}"><strong>${title}</strong><span>${text}</span></a>`;
}
