import { describe, expect, it } from 'vitest';
import { readFilter } from '../../../local/lambda/stream-filter.ts';

const accepts = (pattern: object, record: object) => readFilter(JSON.stringify(pattern))(record);
const withImage = (NewImage?: object) => ({
  eventName: 'MODIFY',
  dynamodb: { ...(NewImage && { NewImage }) },
});
const aboutDue = (rule: unknown) => ({ dynamodb: { NewImage: { due: { N: [rule] } } } });

describe('a filter of a stream', () => {
  it('that asks for an attribute accepts the images that have it', () => {
    const due = aboutDue({ exists: true });
    expect(accepts(due, withImage({ due: { N: '5' } }))).toBe(true);
    expect(accepts(due, withImage({ other: { N: '5' } }))).toBe(false);
    expect(accepts(due, withImage())).toBe(false);
  });

  it.each<[unknown, object, boolean]>([
    [{ exists: false }, {}, true],
    [{ exists: false }, { due: { N: '5' } }, false],
    ['5', { due: { N: '5' } }, true],
    ['5', { due: { N: '55' } }, false],
    [{ prefix: '5' }, { due: { N: '55' } }, true],
    [{ suffix: '6' }, { due: { N: '55' } }, false],
    [{ 'anything-but': ['5'] }, { due: { N: '55' } }, true],
    [{ 'anything-but': '5' }, { due: { N: '5' } }, false],
    [{ 'anything-but': '5' }, {}, false],
    // An attribute's number is text, which no numeric rule matches.
    [{ numeric: ['>', 1] }, { due: { N: '5' } }, false],
  ])('by %j of the image %j: %s', (rule, image, accepted) => {
    expect(accepts(aboutDue(rule), withImage(image))).toBe(accepted);
  });

  it('wants every key, and of a list any rule', () => {
    const pattern = { eventName: ['INSERT', 'MODIFY'], ...aboutDue({ exists: true }) };
    const image = { due: { N: '5' } };
    expect(accepts(pattern, withImage(image))).toBe(true);
    expect(accepts(pattern, { ...withImage(image), eventName: 'REMOVE' })).toBe(false);
    expect(accepts(pattern, withImage())).toBe(false);
  });

  it('finds an element of a list', () => {
    const pattern = { dynamodb: { NewImage: { outbox: { L: { M: { type: { S: ['locked'] } } } } } } };
    const outbox = (...types: string[]) => ({ outbox: { L: types.map((S) => ({ M: { type: { S } } })) } });
    expect(accepts(pattern, withImage(outbox('enabled', 'locked')))).toBe(true);
    expect(accepts(pattern, withImage(outbox('enabled')))).toBe(false);
  });

  it('compares numbers', () => {
    const pattern = { dynamodb: { SizeBytes: [{ numeric: ['>=', 10, '<', 20] }] } };
    const accepted = [9, 10, 19, 20].map((SizeBytes) => accepts(pattern, { dynamodb: { SizeBytes } }));
    expect(accepted).toEqual([false, true, true, false]);
  });

  it.each([
    [/"cidr"/, aboutDue({ cidr: '10.0.0.0/8' })],
    [/awsRegion/, { awsRegion: ['us-east-1'] }],
  ])('with what is not known is refused by name: %s', (message, pattern) => {
    expect(() => readFilter(JSON.stringify(pattern))).toThrow(message);
  });
});
