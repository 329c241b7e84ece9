/** The refusal for a user whom the app has not made known. */
import { type Refusal, refuse } from '../refusal.ts';

export const userUnknown = (): Refusal =>
  refuse('not_found', {
    reason: 'user',
    detail: 'No such user. The app makes users known by PUT /v1/accounts/{accountId}/users/{userId}.',
  });
