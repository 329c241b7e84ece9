/** The sensitive acts of somebody on their own two-factor authentication, each as what a click on its button does. */
import { html, nothing } from 'lit';
import type { Proof, WithProof } from '../../client/browser.ts';
import { emit } from '../base/events.ts';
import { field } from '../base/field.ts';
import type { ShownCodes } from '../base/recovery-codes.ts';
import type { Act } from '../base/sensitive-act.ts';
import type { CountersignSecurity } from './security.ts';

type Named = { id: string; label: string };
export type OwnActs = ReturnType<typeof ownActs>;

const asProof = (proof: Proof | undefined): WithProof => (proof ? { proof } : {});

export function ownActs(card: CountersignSecurity) {
  return {
    regenerate: () => regenerate(card),
    disable: () => disable(card),
    removeApp: (app: Named) => removeApp(card, app),
    addApp: () => addApp(card),
    removePasskey: (passkey: Named) => removePasskey(card, passkey),
    addPasskey: () => addPasskey(card),
    turnEmailOn: () => turnEmailOn(card),
    turnEmailOff: () => turnOff(card, 'email'),
    turnSmsOn: () => card.enrolment.sent.askNumber(),
    turnSmsOff: () => turnOff(card, 'sms'),
  };
}

/** Opens the dialog again that somebody left for their provider. */
export function resume(card: CountersignSecurity, name: string): void {
  const { removeApp, removePasskey, ...acts } = ownActs(card);
  const { authenticators = [], passkeys = [] } = card.twoFactor ?? {};
  const app = authenticators.find(({ id }) => name === `removeApp ${id}`);
  const passkey = passkeys.find(({ id }) => name === `removePasskey ${id}`);
  if (app) {
    removeApp(app);
  } else if (passkey) {
    removePasskey(passkey);
  } else if (name in acts) {
    acts[name as keyof typeof acts]();
  }
}

/** What is asked of somebody who has two-factor authentication on. */
function asked({ twoFactor, isStale }: CountersignSecurity): Pick<Act, 'asksPassword' | 'asksFactor'> {
  return { asksPassword: isStale, asksFactor: twoFactor?.proof?.factor ?? true };
}

/** What is asked of somebody who adds a factor: after a sign-in by a temporary code nothing, once. */
export const askedToAdd = (card: CountersignSecurity): Pick<Act, 'asksPassword' | 'asksFactor'> =>
  card.twoFactor?.proof?.enrolsWithoutProof ? { asksPassword: false, asksFactor: false } : asked(card);

/** How many factors would be left after one has gone. A requirement keeps the last one. */
export function isLastFactor({ twoFactor }: CountersignSecurity): boolean {
  const { authenticators = [], passkeys = [], methods = [] } = twoFactor ?? {};
  const others = methods.filter(({ method }) => method === 'email' || method === 'sms');
  return authenticators.length + passkeys.length + others.length === 1;
}

function regenerate(card: CountersignSecurity): void {
  const n = card.twoFactor?.recoveryCodes?.remaining ?? 0;
  let codes: ShownCodes = { recoveryCodes: [] };
  card.act.open({
    ...asked(card),
    name: 'regenerate',
    title: card.text('security.acts.regenerate.title'),
    text: html`<p>${card.text(n === 0 ? 'security.acts.regenerate.text.none' : 'security.acts.regenerate.text', { n })}</p>`,
    perform: async (proof) => {
      codes = await card.client.regenerateRecoveryCodes(asProof(proof));
    },
    onDone: () => {
      emit(card, 'countersign-changed', { what: 'recovery_codes_regenerated' });
      void card.showCodes(codes, card.text('security.codes.replaced'));
    },
  });
}

function disable(card: CountersignSecurity): void {
  card.act.open({
    ...asked(card),
    name: 'disable',
    title: card.text('security.acts.disable.title'),
    text: html`<p>${card.text('security.acts.disable.text')}</p>`,
    isGrave: true,
    perform: async (proof) => void (await card.client.disableTwoFactor(asProof(proof))),
    onDone: () => void card.changed(card.text('security.turned.off'), 'two_factor_disabled'),
  });
}

function removeApp(card: CountersignSecurity, { id, label }: Named): void {
  card.act.open({
    ...asked(card),
    name: `removeApp ${id}`,
    title: card.rich('security.acts.remove.app.title', { label: html`<bdi>${label}</bdi>` }),
    text: html`<p>${card.text('security.acts.remove.app.text')}</p>${ifLast(card)}`,
    isGrave: true,
    perform: async (proof) => void (await card.client.removeAuthenticator(id, asProof(proof))),
    onDone: () => void card.changed(card.text('security.ways.removed', { label }), 'authenticator_removed'),
  });
}

function addPasskey(card: CountersignSecurity): void {
  card.act.open({
    ...askedToAdd(card),
    name: 'addPasskey',
    title: card.text('security.acts.add.passkey.title'),
    text: html`<p>${card.text('security.acts.add.passkey.text')}</p>`,
    perform: (proof) => card.enrolment.startPasskey(proof),
    places: ['five_passkeys'],
    onDone: () => void card.enrolment.showPasskey(),
  });
}

function removePasskey(card: CountersignSecurity, { id, label }: Named): void {
  card.act.open({
    ...asked(card),
    name: `removePasskey ${id}`,
    title: card.rich('security.acts.remove.app.title', { label: html`<bdi>${label}</bdi>` }),
    text: html`<p>${card.text('security.acts.remove.passkey.text')}</p>${ifLast(card)}`,
    isGrave: true,
    perform: async (proof) => void (await card.client.removePasskey(id, asProof(proof))),
    onDone: () => void card.changed(card.text('security.ways.removed', { label }), 'passkey_removed'),
  });
}

function addApp(card: CountersignSecurity): void {
  card.act.open({
    ...askedToAdd(card),
    name: 'addApp',
    title: card.text('security.acts.add.app.title'),
    text: html`<p>${card.text('security.acts.add.app.text')}</p>`,
    fields: () =>
      field({
        id: `${card.uid}-act-label`,
        name: 'label',
        label: card.text('security.name'),
        hint: card.text('security.name.hint'),
        errorPrefix: card.text('error.prefix'),
      }),
    perform: (proof, form) => card.enrolment.startApp(proof, String(form.get('label')).trim()),
    places: ['five_apps'],
    onDone: () => void card.enrolment.showApp(),
  });
}

function turnEmailOn(card: CountersignSecurity): void {
  const sentTo = html`<bdi dir="ltr">${card.twoFactor?.email ?? ''}</bdi>`;
  card.act.open({
    ...askedToAdd(card),
    name: 'turnEmailOn',
    title: card.text('security.acts.email.on.title'),
    text: html`<p>${
      card.twoFactor?.email
        ? card.rich('security.acts.email.on.text', { sentTo })
        : card.text('security.acts.email.on.text.unknown')
    }</p>`,
    perform: (proof) => card.enrolment.sent.start('email', proof),
    onDone: () => void card.enrolment.sent.askCode('email'),
  });
}

function turnOff(card: CountersignSecurity, method: 'email' | 'sms'): void {
  const sentTo = card.twoFactor?.methods.find((one) => one.method === method)?.sentTo ?? '';
  const remove = {
    email: (proof: WithProof) => card.client.removeEmailMethod(proof),
    sms: (proof: WithProof) => card.client.removeSmsMethod(proof),
  };
  card.act.open({
    ...asked(card),
    name: method === 'email' ? 'turnEmailOff' : 'turnSmsOff',
    title: card.text(`security.acts.${method}.off.title`),
    text: html`<p>${card.rich(`security.acts.${method}.off.text`, { sentTo: html`<bdi dir="ltr">${sentTo}</bdi>` })}</p>
      ${ifLast(card)}`,
    isGrave: true,
    perform: async (proof) => void (await remove[method](asProof(proof))),
    onDone: () => void card.changed(card.text(`security.ways.${method}.off`), `${method}_method_removed`),
  });
}

const ifLast = (card: CountersignSecurity) =>
  isLastFactor(card) ? html`<p class="cs-strong">${card.text('security.acts.last.one')}</p>` : nothing;
