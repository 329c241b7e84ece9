/** CloudFormation's intrinsic functions, and what a `Ref` or an attribute of a resource is on the laptop. */
import { keyIdFor } from '../engines/kms-keys.ts';
import { account, arnOf, region } from './place.ts';
import type { Resource } from './resources.ts';

/** What `Ref` and `Fn::GetAtt` answer for one resource. */
type Names = { ref: string; attributes?: Record<string, string> };

const pseudoParameters: Record<string, string> = {
  'AWS::Region': region,
  'AWS::AccountId': account,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'countersign-local',
  'AWS::StackId': arnOf('cloudformation', 'stack/countersign-local/local'),
};

const arnParts: Record<string, (name: string) => string> = {
  'AWS::Lambda::Function': (name) => arnOf('lambda', `function:${name}`),
  'AWS::IAM::Role': (name) => `arn:aws:iam::${account}:role/${name}`,
  'AWS::Logs::LogGroup': (name) => arnOf('logs', `log-group:${name}:*`),
  'AWS::S3::Bucket': (name) => `arn:aws:s3:::${name}`,
  'AWS::SQS::Queue': (name) => arnOf('sqs', name),
  'AWS::SNS::Topic': (name) => arnOf('sns', name),
  'AWS::Events::Rule': (name) => arnOf('events', `rule/${name}`),
};

/** Resolves values of a template whose API answers at `apiEndpoint`. */
export class Intrinsics {
  readonly #resources: Record<string, Resource>;
  readonly #apiEndpoint: string;

  constructor(resources: Record<string, Resource>, apiEndpoint: string) {
    this.#resources = resources;
    this.#apiEndpoint = apiEndpoint;
  }

  /** The value with every intrinsic function replaced. Throws an error that names one that it does not know. */
  resolve(value: unknown): unknown {
    if (Array.isArray(value)) {
      return value.map((each) => this.resolve(each));
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    const entries = Object.entries(value);
    const [name, argument] = entries[0] ?? [];
    if (entries.length === 1 && name && (name === 'Ref' || name.startsWith('Fn::'))) {
      return this.#call(name, argument);
    }
    return Object.fromEntries(entries.map(([key, each]) => [key, this.resolve(each)]));
  }

  /** What `Ref` answers for the resource or pseudo parameter `id`. */
  ref(id: string): string {
    return pseudoParameters[id] ?? this.#names(id).ref;
  }

  /** The `Ref` and all attributes: what another resource may call this one. */
  namesOf(id: string): string[] {
    const { ref, attributes } = this.#names(id);
    return [ref, ...Object.values(attributes ?? {})];
  }

  #call(name: string, argument: unknown): unknown {
    const list = () => (argument as unknown[]).map((each) => this.resolve(each));
    switch (name) {
      case 'Ref':
        return this.ref(String(argument));
      case 'Fn::GetAtt': {
        const [id, attribute] =
          typeof argument === 'string' ? argument.split(/\.(.*)/) : (argument as string[]);
        return this.#attribute(String(id), String(attribute));
      }
      case 'Fn::Join': {
        const [separator, parts] = list() as [string, string[]];
        return parts.join(separator);
      }
      case 'Fn::Split': {
        const [separator, text] = list() as [string, string];
        return text.split(separator);
      }
      case 'Fn::Select': {
        const [index, parts] = list() as [number, string[]];
        return parts[Number(index)];
      }
      case 'Fn::Sub':
        return this.#substitute(argument);
      default:
        throw new Error(
          `The template uses ${name}, which npm start does not know: see local/stack/intrinsics.ts.`,
        );
    }
  }

  #substitute(argument: unknown): string {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
    const given = this.resolve(variables ?? {}) as Record<string, string>;
    return String(text).replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) {
        return `\${${name}}`;
      }
      if (name in given) {
        return String(given[name]);
      }
      const [id = '', attribute] = name.split(/\.(.*)/);
      return attribute ? this.#attribute(id, attribute) : this.ref(id);
    });
  }

  #attribute(id: string, attribute: string): string {
    const value = this.#names(id).attributes?.[attribute];
    if (value === undefined) {
      throw new Error(`The template asks ${id} for ${attribute}, which npm start does not know.`);
    }
    return value;
  }

  #names(id: string): Names {
    const resource = this.#resources[id];
    if (!resource) {
      throw new Error(`The template refers to ${id}, which it does not have.`);
    }
    const { Type, Properties = {} } = resource;
    const named = (property: string) => String(this.resolve(Properties[property] ?? id));
    switch (Type) {
      case 'AWS::ApiGatewayV2::Api':
        return { ref: 'local', attributes: { ApiEndpoint: this.#apiEndpoint, ApiId: 'local' } };
      case 'AWS::DynamoDB::Table': {
        const name = named('TableName');
        const arn = arnOf('dynamodb', `table/${name}`);
        return { ref: name, attributes: { Arn: arn, StreamArn: `${arn}/stream/local` } };
      }
      case 'AWS::KMS::Key':
        return {
          ref: keyIdFor(id),
          attributes: { Arn: arnOf('kms', `key/${keyIdFor(id)}`), KeyId: keyIdFor(id) },
        };
      case 'AWS::IAM::ManagedPolicy':
        return { ref: `arn:aws:iam::${account}:policy/${id}` };
      default: {
        const name = named(nameProperties[Type] ?? 'Name');
        const arn = arnParts[Type]?.(name);
        return { ref: name, attributes: arn ? { Arn: arn } : {} };
      }
    }
  }
}

const nameProperties: Record<string, string> = {
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SES::ConfigurationSet': 'Name',
  'AWS::SNS::Topic': 'TopicName',
};
