/** Writes the OpenAPI document to a file, as a running stage would answer it. */
import { writeFileSync } from 'node:fs';
import { openApiDocument } from '../../lambdas/openapi.ts';

const servers = [{ url: 'http://localhost:4400' }];
writeFileSync(process.argv[2] as string, JSON.stringify({ ...openApiDocument(), servers }, null, 2));
