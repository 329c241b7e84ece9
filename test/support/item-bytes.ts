/** An item's size as DynamoDB counts it. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

const utf8 = (text: string) => Buffer.byteLength(text);

/** An item's size by DynamoDB's rules ("Item sizes and formats" in its developer guide), in bytes. */
export const itemBytes = (item: Record<string, AttributeValue>): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + utf8(name) + valueBytes(value), 0);

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) {
    return utf8(value.S);
  }
  if (value.N !== undefined) {
    return Math.ceil(value.N.replace(/\D/g, '').length / 2) + 1 + (value.N.startsWith('-') ? 1 : 0);
  }
  if (value.B !== undefined) {
    return value.B.length;
  }
  if (value.L !== undefined) {
    return 3 + value.L.reduce((sum, one) => sum + 1 + valueBytes(one), 0);
  }
  if (value.M !== undefined) {
    return 3 + Object.keys(value.M).length + itemBytes(value.M);
  }
  return 1;
}
