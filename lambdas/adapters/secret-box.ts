/** TOTP secrets by the stage's key custody: sealed the one way, opened the way that their header says. */
import { type SecretBox, Unavailable } from '../core/ports.ts';
import { isSealedHere } from './data-keys.ts';

export type KeyCustody = 'kms' | 'cached';

/**
 * Seals by `keyCustody`. Opens by it and by `alsoOpens`; a secret that is sealed another way is refused, and raises the alarm:
 * the stage has let go of a custody that still has secrets.
 */
export function secretBoxOf(
  { keyCustody, alsoOpens }: { keyCustody: KeyCustody; alsoOpens: KeyCustody | undefined },
  boxes: Record<KeyCustody, SecretBox>,
): SecretBox {
  return {
    seal: (...args) => boxes[keyCustody].seal(...args),
    open: async (sealed, ...rest) => {
      const kind = custodyOf(sealed);
      if (kind !== keyCustody && kind !== alsoOpens) {
        throw new Unavailable(`a secret is sealed under the custody ${kind}`, { integrity: true });
      }
      return boxes[kind].open(sealed, ...rest);
    },
  };
}

export const custodyOf = (sealed: Uint8Array): KeyCustody => (isSealedHere(sealed) ? 'cached' : 'kms');
