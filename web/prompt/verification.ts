/** Checking what was typed, and what follows when it is refused. */
import type { PasskeyAssertion, SignInMethod, Verified, VerifyRequest } from '../../client/browser.ts';
import { isRecoveryCode, isSixDigits, plainCode } from '../base/code-field.ts';
import type { Failure } from '../base/failures.ts';
import { PasskeySheet } from '../base/passkey.ts';
import { isFallback, isSent } from './methods.ts';
import type { CountersignPrompt } from './prompt.ts';
import type { CodeStep } from './step.ts';

type Attempt = { method: Exclude<SignInMethod, 'passkey'>; code: string; key: string };

const unanswered = ['busy', 'temporarily_unavailable', 'offline', 'unknown'];

export class Verification {
  readonly #prompt: CountersignPrompt;
  readonly sheet = new PasskeySheet();
  #attempt: Attempt | undefined;

  constructor(prompt: CountersignPrompt) {
    this.#prompt = prompt;
  }

  /** Checks the code in the form, or says what is wrong with it. */
  async submit(form: HTMLFormElement, step: CodeStep): Promise<void> {
    const typed = plainCode(form.querySelector('input')?.value ?? '');
    const method = this.#methodOf(typed, step.method);
    if (method === 'passkey') {
      return;
    }
    const problem = this.#problemOf(typed, method);
    if (problem) {
      this.#fail(step, problem);
      return;
    }
    const { key } = this.#sameOrNew(method, typed);
    await this.#send(step, { method, code: typed }, key);
  }

  /** Opens the browser's sheet; called in the click itself. */
  async usePasskey(step: CodeStep): Promise<void> {
    const prompt = this.#prompt;
    const options = prompt.signIn?.offered('passkey')?.options;
    if (options === undefined || this.sheet.isOpen) {
      return;
    }
    const asking = this.sheet.get(options);
    prompt.requestUpdate();
    prompt.say(prompt.text('passkey.waiting'));
    const asked = await asking;
    if (prompt.step !== step) {
      return;
    }
    prompt.say('');
    if ('problem' in asked) {
      this.#fail(step, prompt.text(`passkey.problem.${asked.problem}`), '-passkey');
      return;
    }
    await this.#send(step, { method: 'passkey', assertion: asked.answer }, randomKey());
  }

  async #send(
    step: CodeStep,
    proof: { method: Attempt['method']; code: string } | { method: 'passkey'; assertion: PasskeyAssertion },
    idempotencyKey: string,
  ): Promise<void> {
    const prompt = this.#prompt;
    const { signIn } = prompt;
    const trusts = prompt.remember && signIn?.rememberDays(proof.method);
    const request: VerifyRequest = {
      challengeToken: signIn?.token ?? '',
      ...proof,
      ...(trusts && { rememberDevice: true }),
    };
    const result = await prompt.run<Verified>(() =>
      prompt.client.verifyChallenge(request, { idempotencyKey }),
    );
    if ('answer' in result) {
      prompt.verified(result.answer);
    } else {
      this.#refused(step, proof.method, result.failure);
    }
  }

  /** A pasted recovery code is taken for what it is. */
  #methodOf(typed: string, method: SignInMethod): SignInMethod {
    const fits = isRecoveryCode(typed) && this.#prompt.signIn?.offered('recovery_code') !== undefined;
    return fits && method !== 'temporary_code' ? 'recovery_code' : method;
  }

  #problemOf(typed: string, method: SignInMethod): string | undefined {
    const prompt = this.#prompt;
    if (isFallback(method)) {
      const whole = method === 'temporary_code' ? typed.length === 10 : isRecoveryCode(typed);
      const set = method === 'temporary_code' ? 'temporary' : 'recovery';
      return whole ? undefined : prompt.text(typed === '' ? `${set}.empty` : `${set}.short`);
    }
    return isSixDigits(typed) ? undefined : prompt.text(typed === '' ? 'code.empty' : 'code.short');
  }

  /** One `Idempotency-Key` per typed code, also when it is sent again because no answer came. */
  #sameOrNew(method: Attempt['method'], code: string): Attempt {
    const before = this.#attempt;
    if (before?.method !== method || before.code !== code) {
      this.#attempt = { method, code, key: randomKey() };
    }
    return this.#attempt as Attempt;
  }

  #refused(step: CodeStep, method: SignInMethod, failure: Failure): void {
    const prompt = this.#prompt;
    const isFifth = failure.code === 'code_incorrect' && failure.attemptsRemaining === 0;
    const end = isFifth ? { code: 'too_many_attempts', reason: 'spent' } : failure;
    if (prompt.halted(end, method)) {
      return;
    }
    if (failure.code === 'method_not_allowed') {
      prompt.go({ at: 'choose', error: prompt.errorText(failure, ['sign_in']) });
    } else {
      this.#wrong(step, method, failure);
    }
  }

  #wrong(step: CodeStep, method: SignInMethod, failure: Failure): void {
    const prompt = this.#prompt;
    if (prompt.step !== step) {
      return;
    }
    const isWrongApp = failure.code === 'code_incorrect' && method === 'totp';
    const wrong = step.wrong + (isWrongApp ? 1 : 0);
    const { attemptsRemaining: tries = Number.POSITIVE_INFINITY } = failure;
    const sentences = [
      prompt.errorText(failure, [method, ...(isSent(method) ? ['sent'] : [])]),
      isWrongApp && wrong > 1 ? prompt.text('error.code_incorrect.totp.clock') : '',
      tries <= 2 ? prompt.text('code.tries', { n: tries }) : '',
    ];
    const noAnswer = unanswered.includes(failure.code);
    const field = method === 'passkey' ? '-passkey' : '-code';
    this.#fail({ ...step, wrong, unanswered: noAnswer }, sentences.filter(Boolean).join(' '), field);
  }

  #fail(step: CodeStep, error: string, field = '-code'): void {
    const prompt = this.#prompt;
    prompt.step = { ...step, error };
    prompt.focusNext(`#${prompt.uid}${field}`);
  }
}

/** Random, also on a page without a secure context. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
