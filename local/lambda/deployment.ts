/** What of a template runs on the laptop, with all references resolved. */
import type { TableDefinition } from '../engines/dynamodb.ts';
import type { NewKey } from '../engines/kms-keys.ts';
import type { Statement } from '../engines/policy.ts';

export type LambdaFunction = {
  name: string;
  /** `file.export`, as in the template. */
  handler: string;
  /** The asset's hash: its code is in `asset.<hash>` of the assembly. */
  codeHash: string;
  timeoutMs: number;
  memoryMb: number;
  environment: Record<string, string>;
  /** What its role allows and denies. */
  statements: Statement[];
};
export type Throttle = { rate: number; burst: number };
export type Route = { method: string; path: string; functionName: string; iam: boolean; throttle: Throttle };
export type Cors = {
  origins: string[];
  methods: string[];
  headers: string[];
  exposed: string[];
  maxAgeSeconds: number;
};

/** How Lambda reads a table's stream for a function. */
export type StreamMapping = {
  functionName: string;
  table: string;
  streamArn: string;
  viewType: 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';
  /** A record goes to the function if one of these accepts it, or if there are none. */
  filters: ((record: object) => boolean)[];
  batchSize: number;
  windowMs: number;
  /** Whether a failed batch is tried again in halves. */
  bisect: boolean;
  /** Whether the function's answer names the records that failed (`ReportBatchItemFailures`). */
  reportsFailures: boolean;
  maxRetries: number;
  maxRecordAgeMs: number;
};

export type Deployment = {
  functions: LambdaFunction[];
  routes: Route[];
  cors: Cors | undefined;
  tables: TableDefinition[];
  keys: NewKey[];
  /** Names of the functions that a schedule starts. */
  scheduled: string[];
  streams: StreamMapping[];
};
