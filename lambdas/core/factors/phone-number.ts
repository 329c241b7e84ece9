/** Phone numbers: which of them a code can be texted to. */
import { parsePhoneNumberFromString } from 'libphonenumber-js/mobile';
import { type Refusal, refuse } from '../refusal.ts';

/** `phone` in E.164; `country` as ISO 3166 alpha-2. */
export type MobileNumber = { phone: string; country: string };

/**
 * The number with its country. Refuses `request_invalid` for what is no number, and `method_not_allowed` for one that is
 * no mobile number as far as the countries' numbering plans tell: land lines have no inbox, and premium, satellite and
 * international numbers pay whoever makes us text them.
 */
export function mobileNumber(text: string): MobileNumber | Refusal {
  const number = parsePhoneNumberFromString(text);
  if (!number?.isPossible()) {
    const detail = 'is not a phone number';
    return refuse('request_invalid', { detail, errors: [{ pointer: '/phone', detail }] });
  }
  return number.isValid() && number.country
    ? { phone: number.number, country: number.country }
    : refuse('method_not_allowed', { reason: 'number', detail: 'Codes can be sent to mobile numbers only.' });
}
