/** The sign-in rules as text, for those who may see and not change them. */
import { html, type TemplateResult } from 'lit';
import type { Policy } from '../../client/browser.ts';
import type { CountersignAdmin } from './admin.ts';
import { methodsText, rememberText } from './comparison.ts';
import { draftOf } from './draft.ts';

export function policyFacts(host: CountersignAdmin, policy: Policy): TemplateResult {
  const draft = draftOf(policy);
  const from = policy.requiredFrom
    ? host.time(policy.requiredFrom, { dateStyle: 'medium' })
    : host.text('admin.check.now');
  const facts: [string, unknown][] = [
    [
      host.text('admin.check.require.row'),
      host.text(draft.isRequired ? 'admin.check.required' : 'admin.check.optional'),
    ],
    ...(draft.isRequired ? [[host.text('admin.check.from.row'), from] as [string, unknown]] : []),
    [host.text('admin.check.methods.row'), methodsText(host, policy.methods)],
    [host.text('admin.check.remember.row'), rememberText(host, draft)],
    [host.text('admin.check.federated.row'), host.text(`admin.policy.federated.${policy.federated}`)],
  ];
  return html`<p class="cs-muted">${host.text('admin.policy.read.only')}</p>
    <dl class="cs-facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
