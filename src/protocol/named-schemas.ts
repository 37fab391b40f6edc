import { z } from 'zod'
import { ERRORS } from './errors.js'
import {
  exampleAttachment,
  exampleChat,
  exampleMember,
  exampleMessage,
  exampleMine,
  exampleSent,
  exampleUser,
} from './examples.js'
import * as objects from './objects.js'

/** The JSON schemas of both references, OpenAPI and AsyncAPI, from the schemas that the doors check with. */

export type JsonSchema = z.core.JSONSchema.BaseSchema

/** An error as every door shows it; which codes there are is the table's. */
export const errorBody = z.object({
  code: z.enum(Object.keys(ERRORS)),
  message: z.string().describe('A sentence for people; may change.'),
  temporary: z.boolean().describe('The same request may succeed later.'),
  retryAfterMs: z.int().nonnegative().optional().describe('When, where that is known.'),
})

/** What has a name in the references: described once, and referred to. */
const NAMED = {
  Chat: {
    schema: objects.chat,
    description: 'A chat, the same for all who may see it.',
    example: exampleChat,
  },
  Mine: { schema: objects.mine, description: 'One’s own view of a chat.', example: exampleMine },
  Member: { schema: objects.member, description: 'One who belongs to a chat.', example: exampleMember },
  Message: {
    schema: objects.message,
    description: 'A committed message: the same object live and in history.',
    example: exampleMessage,
  },
  Attachment: {
    schema: objects.attachment,
    description: 'A file that belongs to a message. Its bytes are fetched by REST.',
    example: exampleAttachment,
  },
  Upload: {
    schema: objects.upload,
    description: 'An attachment as its uploader sees it, before a message names it.',
    example: { ...exampleAttachment, status: 'ready' },
  },
  Sent: { schema: objects.sent, description: 'Where the committed message stands.', example: exampleSent },
  User: { schema: objects.user, description: 'A person, by the id of the tokens.', example: exampleUser },
  Change: {
    schema: objects.change,
    description: 'What an event of a chat other than a message has changed.',
    example: { type: 'member_added', userId: 'eve', fullName: 'Eve Stone', role: 'support' },
  },
} as const satisfies Record<string, { schema: z.ZodType; description: string; example: unknown }>

// Where zod, and what converts its schemas for others, look for names.
for (const [id, { schema, description, example }] of Object.entries(NAMED))
  z.globalRegistry.add(schema, { id, description, examples: [example] })

/** Where a document keeps what has a name. */
export function schemaUri(id: string): string {
  return `#/components/schemas/${id}`
}

/** Takes out of a JSON schema what a reader has no use for, and what a client must not rely on. */
export function tidySchema({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  // There may be more fields one day: clients ignore those that they do not know.
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
  // The format says it, and no reader reads the pattern.
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (Object.keys(jsonSchema.propertyNames ?? {}).join() === 'type') delete jsonSchema.propertyNames
  // An empty tuple is said by the number of its items alone.
  if (jsonSchema.maxItems === 0) {
    delete jsonSchema.items
    delete jsonSchema.additionalItems
  }
}

/** The schemas with names, and `more` beside them, which refer to those. */
export function jsonSchemas(
  target: 'draft-7' | 'draft-2020-12',
  more: Readonly<Record<string, z.ZodType>> = {},
): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>()
  for (const [id, { schema }] of Object.entries(NAMED)) registry.add(schema, { id })
  for (const [id, schema] of Object.entries(more)) registry.add(schema, { id })
  // As it comes in: what has a default may be left out, and unknown fields are ignored.
  const { schemas } = z.toJSONSchema(registry, { target, io: 'input', uri: schemaUri, override: tidySchema })
  return mapValues(schemas, ({ $id, $schema, id, ...schema }) => schema)
}

export function mapValues<Value, Made>(
  record: Readonly<Record<string, Value>>,
  make: (value: Value, name: string) => Made,
): Record<string, Made> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, make(value, name)]))
}
