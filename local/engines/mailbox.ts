/** The local mailbox: SES's SendEmail and the SMS API's SendTextMessage, read instead of delivered. */
import { randomUUID } from 'node:crypto';
import { arnOf } from '../stack/place.ts';
import { AwsError } from './aws-error.ts';
import {
  type Access,
  type Allow,
  type Answer,
  type Call,
  type Engine,
  type Front,
  type Json,
  jsonAnswer,
  startFront,
  xmlAnswer,
} from './front.ts';
import { keep, readKept } from './kept.ts';

export type Message = {
  id: string;
  /** RFC 3339, by the movable clock. */
  at: string;
  channel: 'email' | 'sms';
  to: string;
  from: string;
  subject: string;
  text: string;
  html: string;
  tags: Record<string, string>;
};

export type Mailbox = Front & {
  /** Newest first; those of one recipient if one is named. */
  messages(to?: string): Message[];
  clear(): void;
};

type Sent = Omit<Message, 'id' | 'at'>;
type Form = Record<string, string | undefined>;

/** A mailbox on a laptop needs no more than this. */
const mostMessages = 1000;
const addressPattern =
  /^(?:(?:"(?:[^"\\\r\n]|\\[^\r\n])*" ?|[^<>"\r\n]*)<)?([^\s<>@]+@[^\s<>@]+\.[^\s<>@]+)>?$/;

const faultErrors = {
  throttle: new AwsError('Throttling', 'Maximum sending rate exceeded.'),
  fail: new AwsError(
    'InternalFailure',
    'The request processing has failed because of an unknown error.',
    500,
  ),
  reject: new AwsError('MessageRejected', 'Email address is not verified.'),
};

/**
 * A mailbox endpoint on a free port, for SES and for SMS.
 * - `now`: the clock of the messages, in ms since 1970
 * - `path`: a file that keeps the messages
 */
export async function startMailbox(
  options: { now?: () => number; path?: string; allow?: Allow } = {},
): Promise<Mailbox> {
  const { now = Date.now, path } = options;
  let messages = readKept<Message[]>(path, []);
  const change = (next: Message[]) => {
    messages = next.slice(0, mostMessages);
    keep(path, messages);
  };
  const engine: Engine = {
    faultErrors,
    accesses: (call) => [accessOf(call)],
    perform: async (call) => {
      const id = randomUUID();
      const answer = answers[call.operation];
      if (!answer) {
        throw new AwsError('InvalidAction', `${call.operation} is not one of the local mailbox`);
      }
      change([{ id, at: new Date(now()).toISOString(), ...answer.read(call.input) }, ...messages]);
      return answer.write(id);
    },
  };
  const front = await startFront(engine, options.allow);
  return {
    ...front,
    messages: (to) =>
      messages.filter((message) => to === undefined || message.to.toLowerCase() === to.toLowerCase()),
    clear: () => change([]),
  };
}

const answers: Record<string, { read(input: Json): Sent; write(messageId: string): Answer }> = {
  SendEmail: {
    read: (input) => readEmail(input as Form),
    write: (id) =>
      xmlAnswer(
        `<SendEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendEmailResult><MessageId>${id}</MessageId>` +
          `</SendEmailResult><ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></SendEmailResponse>`,
      ),
  },
  SendTextMessage: {
    read: (input) => readSms(input),
    write: (id) => jsonAnswer({ MessageId: id }, 200, 'application/x-amz-json-1.0'),
  },
};

function readEmail(form: Form): Sent {
  const from = form.Source ?? '';
  addressOf(from);
  const to = members(form, 'Destination.ToAddresses');
  if (to.length === 0) {
    throw new AwsError('InvalidParameterValue', 'Missing required header: To');
  }
  for (const each of to) {
    addressOf(each);
  }
  const subject = form['Message.Subject.Data'] ?? '';
  if (/[\r\n]/.test(subject)) {
    throw new AwsError('InvalidParameterValue', 'Control characters are not allowed: Subject');
  }
  const text = form['Message.Body.Text.Data'] ?? '';
  const html = form['Message.Body.Html.Data'] ?? '';
  if (!text && !html) {
    throw new AwsError('InvalidParameterValue', 'Missing message body');
  }
  const values = members(form, 'Tags', '.Value');
  const tags = Object.fromEntries(
    members(form, 'Tags', '.Name').map((name, index) => [name, values[index] ?? '']),
  );
  return { channel: 'email', to: to.join(', '), from, subject, text, html, tags };
}

function readSms(input: Json): Sent {
  const to = String(input.DestinationPhoneNumber ?? '');
  if (!/^\+[1-9]\d{6,14}$/.test(to)) {
    throw new AwsError('ValidationException', 'DestinationPhoneNumber is not valid');
  }
  const text = String(input.MessageBody ?? '');
  if (!text) {
    throw new AwsError('ValidationException', 'MessageBody must not be empty');
  }
  const tags = (input.Context ?? {}) as Record<string, string>;
  return {
    channel: 'sms',
    to,
    from: String(input.OriginationIdentity ?? ''),
    subject: '',
    text,
    html: '',
    tags,
  };
}

function members(form: Form, list: string, field = ''): string[] {
  const found: string[] = [];
  for (let index = 1; ; index += 1) {
    const value = form[`${list}.member.${index}${field}`];
    if (value === undefined) {
      return found;
    }
    found.push(value);
  }
}

function addressOf(mailbox: string): string {
  const address = addressPattern.exec(mailbox)?.[1];
  if (!address) {
    throw new AwsError('InvalidParameterValue', `Not a valid address: ${mailbox}`);
  }
  return address;
}

function accessOf({ operation, input }: Call): Omit<Access, 'caller'> {
  if (operation === 'SendTextMessage') {
    const identity = String(input.OriginationIdentity ?? '*');
    return { action: 'sms-voice:SendTextMessage', resources: [identity], context: {} };
  }
  const from = addressOf(String(input.Source ?? ''));
  const identities = [from, from.slice(from.indexOf('@') + 1)];
  return {
    action: `ses:${operation}`,
    resources: identities.map((identity) => arnOf('ses', `identity/${identity}`)),
    context: { 'ses:FromAddress': [from] },
  };
}
