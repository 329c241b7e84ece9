/**
 * How a bounce comes back: SES tells a topic of bounces and complaints, and the topic starts the function that marks the
 * address.
 */
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { ConfigurationSet, EmailSendingEvent, EventDestination } from 'aws-cdk-lib/aws-ses';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** The configuration set that every mail is sent through, and its topic. */
export class MailFeedback extends Construct {
  readonly configurationSetName: string;
  readonly #topic: Topic;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.#topic = new Topic(this, 'Topic', { enforceSSL: true });
    acknowledge(
      this.#topic,
      'AwsSolutions-SNS2',
      'SES cannot publish to a topic under the AWS managed key; addresses alone pass.',
    );
    const configurationSet = new ConfigurationSet(this, 'Mails', { reputationMetrics: true });
    configurationSet.addEventDestination('Feedback', {
      destination: EventDestination.snsTopic(this.#topic),
      events: [EmailSendingEvent.BOUNCE, EmailSendingEvent.COMPLAINT],
    });
    this.configurationSetName = configurationSet.configurationSetName;
  }

  /** Starts the function with every report. */
  start(recordBounces: LambdaFunction): void {
    this.#topic.addSubscription(new LambdaSubscription(recordBounces));
  }
}
