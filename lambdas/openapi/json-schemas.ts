/** The zod shapes as JSON Schema, with what has a name under `components`. */
import * as z from 'zod/mini';
import { noted } from './field-notes.ts';

export type JsonSchema = { [keyword: string]: unknown };
export type Direction = 'input' | 'output';

/** Named schemas, collected while a document is made. */
export class JsonSchemas {
  readonly named: Record<string, JsonSchema> = {};

  /**
   * The JSON Schema of a shape: a reference where the shape has a name. Throws where two shapes have one name, or one shape
   * differs between requests and answers.
   */
  of(shape: z.ZodMiniType, io: Direction): JsonSchema {
    const wrapped = z.toJSONSchema(z.object({ shape }), {
      io,
      metadata: noted,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => plain(jsonSchema, zodSchema._zod.def.type, io),
    });
    const { $defs = {}, properties } = moved(wrapped) as {
      $defs?: Record<string, JsonSchema>;
      properties: { shape: JsonSchema };
    };
    for (const [name, schema] of Object.entries($defs)) {
      const known = this.named[name];
      if (known && JSON.stringify(known) !== JSON.stringify(schema)) {
        throw new Error(`two schemas are named ${name}`);
      }
      this.named[name] = schema;
    }
    return properties.shape;
  }
}

/** A schema as generators of clients read it best. */
function plain(schema: JsonSchema, kind: string, io: Direction): void {
  delete schema.id;
  if (schema.example !== undefined) {
    schema.examples = [schema.example];
    delete schema.example;
  }
  if (schema.format === 'date-time') {
    // The format says it; zod's pattern beside it is 300 characters long.
    delete schema.pattern;
  }
  if (schema.minimum === Number.MIN_SAFE_INTEGER) {
    delete schema.minimum;
  }
  if (schema.maximum === Number.MAX_SAFE_INTEGER) {
    delete schema.maximum;
  }
  if (kind === 'catch') {
    delete schema.default;
    schema.description = [schema.description, 'What does not fit is left out.'].filter(Boolean).join(' ');
  }
  if (io === 'output' && schema.additionalProperties === false) {
    // A client has to live with fields that later versions add.
    delete schema.additionalProperties;
  }
}

const moved = (schema: object): unknown =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
