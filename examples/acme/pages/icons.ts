/** Acme's few drawings; attributes alone, as the content security policy has no inline style. */
import { html, raw } from 'hono/html';

const icon = (paths: string) =>
  raw(
    `<svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${paths}</svg>`,
  );

const mark =
  '<rect width="32" height="32" rx="9" fill="#1f5fbf"/><path d="M8 23.5 16 8l8 15.5M11.3 18.4h9.4" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>';

export const iconFile = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${mark}</svg>`;
export const logo = raw(
  `<svg class="logo" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">${mark}</svg>`,
);

export const mailIcon = icon(
  '<rect x="2.5" y="4" width="15" height="12" rx="2"/><path d="m3 5.5 7 5.5 7-5.5"/>',
);
export const phoneIcon = icon('<rect x="5.5" y="2" width="9" height="16" rx="2"/><path d="M9 15.2h2"/>');
export const clockIcon = icon('<circle cx="10" cy="10" r="7.5"/><path d="M10 5.8V10l2.8 1.8"/>');
export const flagIcon = icon('<path d="M5 17.5v-15m0 1.2c3.5-2 6 2 10 0v7.6c-4 2-6.500-2-10 0"/>');
export const shieldIcon = icon(
  '<path d="M10 2.2 16.500 5v4.500c0 4-2.700 7-6.500 8.300C6.200 16.500 3.500 13.500 3.500 9.500V5z"/>',
);
export const peopleIcon = icon(
  '<circle cx="7.500" cy="7" r="2.800"/><path d="M2.300 16.500c.4-3 2.300-4.700 5.200-4.700s4.800 1.700 5.200 4.700M13 4.400a2.800 2.800 0 0 1 0 5.200m1.500 2.500c1.900.6 3 2.100 3.300 4.400"/>',
);
export const sendIcon = icon(
  '<path d="m17.500 2.500-7 15-2.500-6.500L1.500 8.500z"/><path d="m17.500 2.500-9.500 8.500"/>',
);
export const helpIcon = icon(
  '<circle cx="10" cy="10" r="7.5"/><circle cx="10" cy="10" r="3"/><path d="m4.7 4.7 3.200 3.200m4.200 4.200 3.200 3.200m0-10.600-3.200 3.200m-4.200 4.200-3.200 3.200"/>',
);
export const keyIcon = icon(
  '<circle cx="6.800" cy="13.200" r="3.800"/><path d="m9.500 10.500 7.500-7.500m-3 3 2.500 2.500"/>',
);

export const googleIcon = html`<svg class="icon" viewBox="0 0 18 18" width="18" height="18" aria-hidden="true"><path fill="#4285F4" d="M17.640 9.200c0-.640-.060-1.250-.160-1.840H9v3.480h4.840a4.140 4.140 0 0 1-1.790 2.720v2.260h2.900c1.700-1.570 2.690-3.880 2.690-6.620z"/><path fill="#34A853" d="M9 18c2.430 0 4.470-.810 5.960-2.180l-2.910-2.260c-.810.540-1.840.860-3.050.860-2.340 0-4.330-1.580-5.040-3.710H.960v2.330A9 9 0 0 0 9 18z"/><path fill="#FBBC05" d="M3.960 10.710a5.400 5.400 0 0 1 0-3.420V4.960H.960a9 9 0 0 0 0 8.080z"/><path fill="#EA4335" d="M9 3.580c1.320 0 2.510.450 3.440 1.350l2.580-2.590A9 9 0 0 0 .960 4.960l3 2.330C4.670 5.160 6.660 3.580 9 3.580z"/></svg>`;
