/** What a deployment must never do to what outlives it: the rule between one release's template and the next one's. */

// biome-ignore lint/suspicious/noExplicitAny: templates are JSON of many shapes
type Json = any;
export type Resources = Record<
  string,
  { Type: string; Properties?: Json; DeletionPolicy?: string; UpdateReplacePolicy?: string }
>;

const isRetained = ({ DeletionPolicy = 'Delete' }: Resources[string]) => DeletionPolicy.startsWith('Retain');

/** Properties whose change makes CloudFormation replace the resource, or refuse: the resource reference of each type. */
const fixed: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::Table': ['TableName', 'KeySchema', 'ImportSourceSpecification', 'LocalSecondaryIndexes'],
  'AWS::KMS::Key': ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'],
  'AWS::Logs::LogGroup': ['LogGroupName', 'LogGroupClass'],
  'AWS::S3::Bucket': ['BucketName', 'BucketNamePrefix', 'ObjectLockEnabled'],
};

/** The resources of a template that outlive their stack: what a release writes down for the next one. */
export const retainedOf = (resources: Resources): Resources =>
  Object.fromEntries(Object.entries(resources).filter(([, resource]) => isRetained(resource)));

/** What `after` would delete, replace or stop retaining of `before`, and index changes that DynamoDB does not make at once. */
export function breaksOf(before: Resources, after: Resources): string[] {
  return Object.entries(retainedOf(before)).flatMap(([id, was]) => {
    const is = after[id];
    if (!is) {
      return [`${id} is gone`];
    }
    if (is.Type !== was.Type || !isRetained(is)) {
      return [`${id} is another type of resource, or no longer retained`];
    }
    const names = fixed[was.Type];
    if (!names) {
      return [`${id}: nobody has said which properties of ${was.Type} are fixed`];
    }
    const changed = names.filter((name) => differs(was.Properties?.[name], is.Properties?.[name]));
    return [...changed.map((name) => `${id}: ${name} is another one`), ...indexBreaks(id, was, is)];
  });
}

const differs = (one: Json, other: Json): boolean => JSON.stringify(one) !== JSON.stringify(other);

/** DynamoDB makes or removes one index in one deployment, and changes none. */
function indexBreaks(id: string, was: Resources[string], is: Resources[string]): string[] {
  const indexesOf = ({ Properties }: Resources[string]) =>
    new Map<string, Json>(
      (Properties?.GlobalSecondaryIndexes ?? []).map((index: Json) => [index.IndexName, index]),
    );
  const [before, after] = [indexesOf(was), indexesOf(is)];
  const made = [...after.keys()].filter((name) => !before.has(name));
  const removed = [...before.keys()].filter((name) => !after.has(name));
  const changed = [...before].filter(([name, index]) => after.has(name) && differs(index, after.get(name)));
  return [
    ...changed.map(([name]) => `${id}: the index ${name} is changed; make another one beside it`),
    ...(made.length + removed.length > 1
      ? [`${id}: ${[...made, ...removed].join(' and ')} change at once; one index in one release`]
      : []),
  ];
}
