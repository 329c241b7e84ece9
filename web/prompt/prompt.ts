/** `<countersign-prompt>`: the second factor of a sign-in, and setting one up where it is required. */
import { html, type PropertyDeclarations, type PropertyValues } from 'lit';
import type { SignInMethod, Verified } from '../../client/browser.ts';
import { CountersignElement } from '../base/element.ts';
import { emit, type Passed } from '../base/events.ts';
import type { Failure } from '../base/failures.ts';
import { SentCode } from '../base/sent-code.ts';
import { promptCatalogues } from '../catalogues/prompt.ts';
import { codeStep } from './code-step.ts';
import type { Enrolment } from './enrolment.ts';
import { links } from './links.ts';
import { firstMethod, isSent, rememberMethod } from './methods.ts';
import { chooseStep, endedStep, lockedStep, notLoadedStep, offStep } from './other-steps.ts';
import { type PromptChallenge, SignIn } from './sign-in.ts';
import { endsSignIn, type Step } from './step.ts';
import { Verification } from './verification.ts';

/** Texts that a step-up says in other words, under `stepup.` and the same key. */
type StepUpKey =
  | 'ended.title'
  | 'ended.again'
  | 'ended.soon'
  | 'mailbox.text'
  | 'mailbox.sending'
  | 'passed'
  | 'passed.on';

const loadEnrolment = () => import('./enrolment.ts');

const minuteMs = 60_000;
const slowMs = 4000;

/**
 * @tag countersign-prompt
 * @fires countersign-passed - The sign-in is complete: send `detail.token` to the app's back end.
 * @fires countersign-restart - The sign-in has ended: start again at the first step.
 */
export class CountersignPrompt extends CountersignElement<typeof promptCatalogues.en> {
  static formAssociated = true;
  static override properties: PropertyDeclarations = {
    ...CountersignElement.properties,
    challenge: { converter: { fromAttribute: parsed } },
    name: { reflect: true },
    step: { state: true },
    remember: { state: true },
    helpIsOpen: { state: true },
  };

  /** The answer of `POST /v1/challenges`, as an object, or as JSON in the attribute. */
  declare challenge: PromptChallenge | undefined;
  /** In a form: the name under which the result token is sent. */
  declare name: string;
  /** @internal */
  declare step: Step | undefined;
  /** @internal */
  declare remember: boolean;
  /** @internal */
  declare helpIsOpen: boolean;

  protected override readonly catalogues = promptCatalogues;
  /** @internal */
  readonly verification = new Verification(this);
  /** @internal */
  signIn: SignIn | undefined;
  /** The method in use, also while another is being chosen. @internal */
  method: SignInMethod = 'totp';
  /** @internal */
  sentCode: SentCode | undefined;
  #enrolment: Enrolment | undefined;
  readonly #internals = this.attachInternals();
  #timers: ReturnType<typeof setTimeout>[] = [];
  #isNew = false;

  constructor() {
    super();
    this.name = '';
    this.remember = false;
    this.helpIsOpen = false;
  }

  /** @internal */
  override get contact(): string | undefined {
    return this.signIn?.contact;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    this.#isNew ||= changed.has('challenge');
    if (this.#isNew && this.hasTexts) {
      this.#isNew = false;
      this.#begin();
    }
  }

  #begin(): void {
    this.#stop();
    const { challenge } = this;
    Object.assign(this, {
      busy: false,
      remember: false,
      helpIsOpen: false,
      step: undefined,
      signIn: undefined,
    });
    this.#enrolment = undefined;
    if (challenge?.status === 'passed') {
      this.pass({ token: challenge.token, secondFactor: challenge.secondFactor });
    } else if (challenge) {
      this.signIn = new SignIn(challenge);
      this.#firstStep(this.signIn);
    }
  }

  #firstStep(signIn: SignIn): void {
    this.#warnBeforeTheEnd(signIn);
    if (signIn.isMailbox) {
      void loadEnrolment().catch(() => undefined);
      this.choose('email');
    } else if (signIn.mustEnrol) {
      void this.enrol(signIn);
    } else {
      this.choose(firstMethod(signIn.methods) ?? 'totp');
    }
  }

  /** Most sign-ins never come here, so this part is loaded when it is needed. @internal */
  async enrol(signIn: SignIn): Promise<void> {
    this.step = { at: 'enrol' };
    const loaded = await this.run(loadEnrolment, this.text('loading'));
    if (this.signIn !== signIn) {
      return;
    }
    if ('answer' in loaded) {
      this.#enrolment = new loaded.answer.Enrolment(this, signIn);
      await this.#enrolment.begin();
    } else {
      this.go({ at: 'enrol', hasFailed: true });
    }
  }

  /** Shows a step, and moves the focus to what is read or done first there. @internal */
  go(step: Step): void {
    if (this.verification.sheet.isOpen) {
      this.verification.sheet.close();
      this.say('');
    }
    this.step = step;
    const first = step.at === 'code' && !this.signIn?.action ? step.method : 'heading';
    const target = { heading: 'subheading', passkey: 'passkey' }[first as string] ?? 'code';
    this.focusNext(step.at === 'choose' && !step.error ? '.cs-choice' : `#${this.uid}-${target}`);
  }

  /** Goes on by this method; a code is sent where it is one that is sent. @internal */
  choose(method: SignInMethod): void {
    this.method = method;
    this.sentCode?.end();
    this.sentCode = isSent(method) ? this.#newSentCode(method) : undefined;
    this.sayAloud(method === 'recovery_code' ? this.text('recovery.status') : '');
    this.go({ at: 'code', method, wrong: 0 });
    void this.sentCode?.begin();
  }

  #newSentCode(method: 'email' | 'sms'): SentCode {
    const signIn = this.signIn as SignIn;
    return new SentCode(this, {
      send: () => this.client.sendCode({ challengeToken: signIn.token, method }),
      sentTo: signIn.sentTo(method),
      storageKey: signIn.key(`sent:${method}`),
      skewMs: signIn.skewMs,
      onFailure: (failure) => this.halted(failure, method),
    });
  }

  /** Another way: the list, or straight the only one. @internal */
  chooseAnother(): void {
    const [only, another] = this.signIn?.othersThan(this.method) ?? [];
    if (only && !another) {
      this.choose(only.method);
    } else {
      this.go({ at: 'choose' });
    }
  }

  /** Shows why no code is taken, or no more, where this failure says so. @internal */
  halted(failure: Failure, method: SignInMethod): boolean {
    if (endsSignIn(failure)) {
      this.#stop();
      this.go({ at: 'ended', failure });
    } else if (failure.code === 'codes_disabled') {
      this.go({ at: 'off' });
    } else if (failure.code === 'too_many_attempts') {
      this.#lock(method, Date.now() + (failure.retryAfterSeconds ?? 60) * 1000);
    } else {
      return false;
    }
    return true;
  }

  #lock(method: SignInMethod, untilMs: number): void {
    this.go({ at: 'locked', untilMs });
    const look = () => {
      if (this.step?.at === 'locked' && Date.now() < untilMs) {
        this.requestUpdate();
        this.#later(look, Math.min(untilMs - Date.now(), 10_000) + 50);
      } else if (this.step?.at === 'locked') {
        this.step = { at: 'code', method, wrong: 0 };
        this.say(this.text('locked.over'));
      }
    };
    look();
  }

  /** @internal */
  verified(answer: Verified): void {
    const { signIn } = this;
    if (answer.status === 'passed') {
      const { status: _passed, ...passed } = answer;
      this.pass(passed);
    } else if (signIn) {
      this.#stop();
      signIn.goOn(answer);
      this.#warnBeforeTheEnd(signIn);
      void this.enrol(signIn);
    }
  }

  /** Ends the sign-in well: the page keeps its last step, busy, until the app takes over. @internal */
  pass(passed: Passed): void {
    this.#stop();
    rememberMethod(passed.secondFactor);
    this.signIn?.forget();
    this.busy = true;
    this.say(this.text(this.worded('passed')));
    this.#later(() => this.say(this.text(this.worded('passed.on'))), slowMs);
    if (emit(this, 'countersign-passed', passed)) {
      this.#submitForm(passed);
    }
  }

  #submitForm({ token, deviceToken, secondFactor }: Passed): void {
    const { form } = this.#internals;
    if (!form || this.name === '' || token === undefined) {
      return;
    }
    const fields = new FormData();
    fields.set(this.name, token);
    fields.set('secondFactor', secondFactor);
    if (deviceToken !== undefined) {
      fields.set('deviceToken', deviceToken);
    }
    this.#internals.setFormValue(fields);
    form.requestSubmit();
  }

  #warnBeforeTheEnd({ expiresAtMs }: SignIn): void {
    this.#later(
      () => this.sayAlso(this.text(this.worded('ended.soon'))),
      expiresAtMs - minuteMs - Date.now(),
    );
  }

  #later(act: () => void, ms: number): void {
    this.#timers.push(setTimeout(act, Math.max(0, ms)));
  }

  #stop(): void {
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
    this.sentCode?.end();
    this.verification.sheet.close();
    this.#enrolment?.end();
  }

  /** The key of a text that speaks of the sign-in; that of a step-up, where one is being confirmed. @internal */
  worded<Key extends StepUpKey>(key: Key): Key | `stepup.${Key}` {
    return this.signIn?.action ? `stepup.${key}` : key;
  }

  protected override view(): unknown {
    return html`<div class="cs-stack">${this.heading(this.text('title'))}
      ${this.#stepView()}${this.#enrolment?.showsCodes ? '' : links(this)}</div>`;
  }

  #stepView(): unknown {
    const { step } = this;
    switch (step?.at) {
      case 'code':
        return codeStep(this, step);
      case 'choose':
        return chooseStep(this, step.error);
      case 'locked':
        return lockedStep(this, step.untilMs);
      case 'off':
        return offStep(this);
      case 'ended':
        return endedStep(this, step.failure);
      case 'enrol':
        return step.hasFailed ? notLoadedStep(this) : this.#enrolment?.view();
      default:
        return '';
    }
  }
}

/** The attribute's JSON; anything else, such as the `[object Object]` of a framework, is as good as absent. */
function parsed(attribute: string | null): PromptChallenge | undefined {
  try {
    return JSON.parse(attribute ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}
