/** The controls of the sign-in rules, each with what it would weaken beside it. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Method, Policy } from '../../client/browser.ts';
import { errorMessage } from '../base/code-field.ts';
import { field } from '../base/field.ts';
import { icon } from '../base/icons.ts';
import type { CountersignAdmin } from './admin.ts';
import type { Draft, DraftErrors, DraftField } from './draft.ts';

export type PolicyFields = {
  host: CountersignAdmin;
  /** As in force. */
  policy: Policy;
  draft: Draft;
  errors: DraftErrors;
  /** What the policy may name at all, where the API says so. */
  available: readonly Method[] | undefined;
  /** One's own changes, to be told from somebody else's. */
  own: readonly DraftField[];
  edit: (change: Partial<Draft>) => void;
};

export const policyFields = (form: PolicyFields): TemplateResult =>
  html`${requirement(form)} ${methods(form)} ${devices(form)} ${federated(form)}`;

export const policyFieldId = (host: CountersignAdmin, name: string): string => `${host.uid}-policy-${name}`;

function errorOf({ host, errors }: PolicyFields, name: DraftField): string | undefined {
  const key = errors[name];
  return key && host.text(`admin.policy.${key}`);
}

const ownTag = (host: CountersignAdmin): TemplateResult =>
  html`<span class="cs-tag">${host.text('admin.policy.yours')}</span>`;

type Check = {
  name: string;
  label: string;
  hint: string;
  checked: boolean;
  warning?: string | undefined;
  isOff?: boolean;
  isOwn?: boolean;
  onChange: (checked: boolean) => void;
};

function check(host: CountersignAdmin, options: Check): TemplateResult {
  const { label, hint, checked, warning, isOff = false, isOwn = false } = options;
  const id = policyFieldId(host, options.name);
  const onClick = (event: Event) => isOff && event.preventDefault();
  const onChange = (event: Event) => options.onChange((event.target as HTMLInputElement).checked);
  return html`<div class="cs-check">
    <input type="checkbox" id=${id} name=${options.name} .checked=${checked} aria-disabled=${isOff ? 'true' : nothing}
      aria-describedby="${id}-own ${id}-hint ${id}-warning" @click=${onClick} @change=${onChange}>
    <label for=${id}>${label}</label>
    <p class=${isOwn ? '' : 'cs-nothing'} id="${id}-own">${isOwn ? ownTag(host) : nothing}</p>
    <p class="cs-hint" id="${id}-hint">${hint}</p>
    <p class="cs-warning ${warning ? '' : 'cs-nothing'}" id="${id}-warning">${warning ? html`${icon('warn')}<span>${warning}</span>` : nothing}</p>
  </div>`;
}

function requirement(form: PolicyFields): TemplateResult {
  const { host, policy, draft, own, edit } = form;
  return html`<div class="cs-stack-s">
    ${check(host, {
      name: 'isRequired',
      label: host.text('admin.policy.require'),
      hint: host.text('admin.policy.require.hint'),
      checked: draft.isRequired,
      isOwn: own.includes('isRequired'),
      warning:
        policy.mode === 'required' && !draft.isRequired ? host.text('admin.policy.weakens') : undefined,
      onChange: (isRequired) => edit({ isRequired }),
    })}
    ${
      draft.isRequired
        ? html`<div class="cs-below">${field({
            id: policyFieldId(host, 'requiredFrom'),
            name: 'requiredFrom',
            type: 'date',
            label: host.text('admin.policy.required.from'),
            hint: host.text('admin.policy.required.from.hint'),
            value: draft.requiredFrom,
            error: errorOf(form, 'requiredFrom'),
            errorPrefix: host.text('error.prefix'),
            className: 'cs-field-s',
            onInput: (event) => edit({ requiredFrom: (event.target as HTMLInputElement).value }),
          })}${own.includes('requiredFrom') ? ownTag(host) : nothing}</div>`
        : nothing
    }
  </div>`;
}

function methods(form: PolicyFields): TemplateResult {
  const { host, policy, available, own } = form;
  const isKnown = (method: Method) => available?.includes(method) || policy.methods.includes(method);
  const shown = (['passkey', 'totp', 'email', 'sms'] as const).filter(
    (method) => method !== 'passkey' || isKnown(method),
  );
  const errorId = policyFieldId(host, 'methods-error');
  return html`<fieldset class="cs-field" aria-describedby=${errorId}>
    <legend>${host.text('admin.policy.methods')} ${own.includes('methods') ? ownTag(host) : nothing}</legend>
    ${errorMessage(errorId, errorOf(form, 'methods'), host.text('error.prefix'))}
    ${shown.map((name) => method(form, name))}
  </fieldset>`;
}

function method({ host, policy, draft, available, edit }: PolicyFields, name: Method): TemplateResult {
  const isOn = draft.methods.includes(name);
  const isOff = name === 'sms' && available !== undefined && !available.includes('sms') && !isOn;
  const isTaken = policy.methods.includes(name) && !isOn;
  const isAlone = name === 'passkey' && isOn && draft.methods.length === 1 && policy.methods.length > 1;
  return check(host, {
    name,
    label: host.text(`admin.policy.${name}`),
    hint: host.text(isOff ? 'admin.policy.sms.off' : `admin.policy.${name}.hint`),
    checked: isOn,
    isOff,
    warning: isTaken
      ? host.text('admin.policy.method.gone')
      : isAlone
        ? host.text('admin.warnings.passkey_alone')
        : undefined,
    onChange: (checked) =>
      edit({ methods: checked ? [...draft.methods, name] : draft.methods.filter((one) => one !== name) }),
  });
}

function devices(form: PolicyFields): TemplateResult {
  const { host, policy, draft, own, edit } = form;
  const isNew = draft.mayRemember && !policy.rememberDevice.allowed;
  return html`<div class="cs-stack-s">
    ${check(host, {
      name: 'mayRemember',
      label: host.text('admin.policy.remember'),
      hint: host.text('admin.policy.remember.hint'),
      checked: draft.mayRemember,
      isOwn: own.includes('mayRemember') || own.includes('days'),
      warning: isNew ? host.text('admin.policy.devices.on') : undefined,
      onChange: (mayRemember) => edit({ mayRemember }),
    })}
    ${
      draft.mayRemember
        ? html`<div class="cs-below">${field({
            id: policyFieldId(host, 'days'),
            name: 'days',
            inputmode: 'numeric',
            label: host.text('admin.policy.days'),
            value: draft.days,
            error: errorOf(form, 'days'),
            errorPrefix: host.text('error.prefix'),
            className: 'cs-field-xs',
            onInput: (event) => edit({ days: (event.target as HTMLInputElement).value.trim() }),
          })}</div>`
        : nothing
    }
  </div>`;
}

function federated({ host, policy, draft, own, edit }: PolicyFields): TemplateResult {
  const id = policyFieldId(host, 'federated');
  const options = ['bypass', 'challenge_unless_mfa', 'challenge'] as const;
  const isBypass = draft.federated === 'bypass' && policy.federated !== 'bypass';
  const onChange = (event: Event) =>
    edit({ federated: (event.target as HTMLSelectElement).value as Draft['federated'] });
  return html`<div class="cs-field cs-field-m">
    <label class="cs-label" for=${id}>${host.text('admin.policy.federated')}</label>
    <p class=${own.includes('federated') ? '' : 'cs-nothing'}>${ownTag(host)}</p>
    <p class="cs-hint" id="${id}-hint">${host.text('admin.policy.federated.hint')}</p>
    <select class="cs-input" id=${id} name="federated" aria-describedby="${id}-hint ${id}-warning" @change=${onChange}>
      ${options.map((value) => html`<option value=${value} .selected=${draft.federated === value}>${host.text(`admin.policy.federated.${value}`)}</option>`)}
    </select>
    <p class="cs-warning ${isBypass ? '' : 'cs-nothing'}" id="${id}-warning">${isBypass ? html`${icon('warn')}<span>${host.text('admin.policy.bypass.on')}</span>` : nothing}</p>
  </div>`;
}
