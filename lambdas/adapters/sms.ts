/** Text messages through AWS End User Messaging. */
import { PinpointSMSVoiceV2Client, SendTextMessageCommand } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { type Texter, Unavailable } from '../core/ports.ts';
import { limits } from '../core/state/limits.ts';

export const smsClient = (): PinpointSMSVoiceV2Client =>
  new PinpointSMSVoiceV2Client({
    maxAttempts: 2,
    requestHandler: { requestTimeout: 3000, connectionTimeout: 1000, throwOnRequestTimeout: true },
  });

/**
 * Sends from one origination identity: a number, a pool or a sender id. A message that the carrier has not taken within the
 * code's lifetime is dropped.
 */
export function texter(
  client: PinpointSMSVoiceV2Client,
  originationArn: string,
  configurationSet?: string,
): Texter {
  return {
    send: async (to, text, eventId) => {
      const command = new SendTextMessageCommand({
        DestinationPhoneNumber: to,
        OriginationIdentity: originationArn,
        ConfigurationSetName: configurationSet,
        MessageType: 'TRANSACTIONAL',
        MessageBody: text,
        TimeToLive: limits.mailedCode.lifetimeMs / 1000,
        Context: { eventId },
      });
      await client.send(command).catch((error) => {
        throw new Unavailable('the text message was not taken', { cause: error });
      });
    },
  };
}
