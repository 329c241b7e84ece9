/** Somebody with a mobile number, in an account that may use text messages. */
import { randomInt } from 'node:crypto';
import type { Account } from '../../lambdas/core/state/item.ts';
import type { Policy } from '../../lambdas/core/state/policy.ts';
import { codeIn, type Deployment, type Reply } from './deployment.ts';
import { Person } from './person.ts';
import { setPolicy } from './table.ts';

/** A Swiss mobile number that no other test has. */
export const someNumber = (): string => `+4179${randomInt(1_000_000, 9_999_999)}`;

export class Mobile extends Person {
  phone = someNumber();
  readonly #deployment: Deployment;

  constructor(deployment: Deployment, who: ConstructorParameters<typeof Person>[1] = {}) {
    super(deployment, who);
    this.#deployment = deployment;
  }

  /** The account's policy: text messages beside the others unless it says otherwise. */
  async inAccount(policy: Partial<Policy> = {}, more: Partial<Account> = {}): Promise<this> {
    const methods: Policy['methods'] = ['totp', 'email', 'sms'];
    await setPolicy(this.#deployment, this.accountId, { methods, ...policy }, { smsEnabled: true, ...more });
    await this.signIn();
    return this;
  }

  startSms(body: object = {}): Promise<Reply> {
    return this.own('start-sms-method', { body: { phone: this.phone, ...body } });
  }

  confirmSms(code = this.textedCode()): Promise<Reply> {
    return this.own('confirm-sms-method', { body: { code } });
  }

  /** Turns codes by text message on; leaves the present an hour later. */
  async withSms(): Promise<this> {
    await this.startSms();
    const confirmed = await this.confirmSms();
    if (confirmed.status !== 200) {
      throw new Error(`not confirmed: ${JSON.stringify(confirmed.body)}`);
    }
    this.recoveryCodes = confirmed.body.recoveryCodes ?? this.recoveryCodes;
    return this.later(3_600_000);
  }

  sendSms(challengeToken: string): Promise<Reply> {
    return this.call('send-code', { body: { challengeToken, method: 'sms' } });
  }

  texts(phone = this.phone) {
    return this.#deployment.mailbox.messages(phone);
  }

  textedCode(phone = this.phone): string {
    return codeIn(this.texts(phone)[0]);
  }
}
