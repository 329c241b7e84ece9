/** A change of the sign-in rules, before and after, line by line. */
import { html, type TemplateResult } from 'lit';
import type { Policy } from '../../client/browser.ts';
import type { CountersignAdmin } from './admin.ts';
import { changedFields, type Draft, draftOf, sorted } from './draft.ts';

type Row = { name: string; before: unknown; after: unknown };

export function comparison(host: CountersignAdmin, policy: Policy, draft: Draft): TemplateResult {
  return html`<table class="cs-table cs-comparison" role="table"><thead><tr role="row">
      ${(['setting', 'before', 'after'] as const).map((name) => html`<th scope="col" role="columnheader">${host.text(`admin.check.${name}`)}</th>`)}
    </tr></thead><tbody>${rows(host, policy, draft).map(
      ({ name, before, after }) => html`<tr role="row"><th scope="row" role="rowheader">${name}</th>
        <td role="cell" data-label=${host.text('admin.check.before')}>${before}</td>
        <td role="cell" data-label=${host.text('admin.check.after')}><strong>${after}</strong></td></tr>`,
    )}</tbody></table>`;
}

function rows(host: CountersignAdmin, policy: Policy, draft: Draft): Row[] {
  const changed = changedFields(draft, policy);
  const both = (write: (of: Draft) => unknown) => ({ before: write(draftOf(policy)), after: write(draft) });
  const all: (Row & { fields: (keyof Draft)[] })[] = [
    {
      fields: ['isRequired'],
      name: host.text('admin.check.require.row'),
      ...both(({ isRequired }) => host.text(isRequired ? 'admin.check.required' : 'admin.check.optional')),
    },
    {
      fields: ['requiredFrom'],
      name: host.text('admin.check.from.row'),
      ...both((of) => fromText(host, of)),
    },
    {
      fields: ['methods'],
      name: host.text('admin.check.methods.row'),
      ...both(({ methods }) => methodsText(host, methods)),
    },
    {
      fields: ['mayRemember', 'days'],
      name: host.text('admin.check.remember.row'),
      ...both((of) => rememberText(host, of)),
    },
    {
      fields: ['federated'],
      name: host.text('admin.check.federated.row'),
      ...both(({ federated }) => host.text(`admin.policy.federated.${federated}`)),
    },
  ];
  return all.filter(({ fields }) => fields.some((name) => changed.includes(name)));
}

export const methodsText = (host: CountersignAdmin, methods: Draft['methods']): string =>
  new Intl.ListFormat(host.locale, { type: 'conjunction' }).format(
    sorted(methods).map((method) => host.text(`admin.policy.${method}`)),
  );

export const rememberText = (host: CountersignAdmin, { mayRemember, days }: Draft): string =>
  mayRemember ? host.text('admin.check.remember.days', { n: Number(days) }) : host.text('admin.check.off');

function fromText(host: CountersignAdmin, { isRequired, requiredFrom }: Draft): unknown {
  if (!isRequired) {
    return '–';
  }
  return requiredFrom === ''
    ? host.text('admin.check.now')
    : host.time(`${requiredFrom}T00:00`, { dateStyle: 'medium' });
}
