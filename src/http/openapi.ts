import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { createJsonSchemaTransform } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ERRORS, type ErrorCode } from '../protocol/errors.js'
import { errorBody, jsonSchemas, schemaUri, tidySchema } from '../protocol/named-schemas.js'

declare module 'fastify' {
  interface FastifySchema {
    /** What the route may refuse beside what every route may: for the reference. */
    errors?: readonly ErrorCode[]
  }
}

const TAGS = {
  Chats: 'One’s own chats: made, seen, listed, put away.',
  Members: 'Who belongs to a chat.',
  Messages: 'History, and messages said, edited and deleted without a socket.',
  Attachments: 'Files of a chat. Bytes go to blob storage; a message names them by their ids.',
  Backend: 'For the marketplace’s own backend: tokens with the scope `chat:service`.',
  Operation: 'For the orchestrator.',
} as const

const errorAnswer = z
  .object({ error: errorBody.extend({ requestId: z.string().describe('Also in the log of the node.') }) })
  .describe('Every refusal and failure.')

/** How the REST routes describe themselves: by OpenAPI 3.1, from the schemas that they check with. */
export function openApi(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Parley, REST',
        version,
        description:
          'The chat service for marketplaces. Errors are one table, the same for all doors; lists are newest first.',
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      },
      servers: [{ url: '/', description: 'This node.' }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description:
              'A token that the marketplace’s backend has signed: `sub`, `fullName`, `exp`, `scope`.',
          },
        },
      },
    },
    transform: describeRoute,
  }
}

/** The reference of the REST routes, when all of them are registered. */
export function openApiDocument(app: Pick<FastifyInstance, 'swagger'>) {
  const document = app.swagger()
  const components = 'components' in document ? document.components : {}
  const schemas = jsonSchemas('draft-2020-12', { Error: errorAnswer })
  return { ...document, components: { ...components, schemas } }
}

const toJson = createJsonSchemaTransform({ zodToJsonConfig: { override: tidySchema } })

function describeRoute(route: Parameters<typeof toJson>[0]): ReturnType<typeof toJson> {
  const { schema, url } = toJson(route)
  if (schema === undefined || schema.hide === true) return { schema, url }
  const { errors: own = [], response, ...rest } = schema
  const errors = [...(schema.security === undefined ? [] : everyRefusal(schema.body !== undefined)), ...own]
  return {
    url,
    schema: {
      ...rest,
      ...(isForm(schema.consumes) ? { body: FORM } : {}),
      response: { ...described(answers.parse(response)), ...refusals(errors) },
    },
  }
}

/** A form is read as it comes, so no schema checks it: this one is for readers alone. */
const FORM = {
  type: 'object',
  properties: { file: { type: 'array', items: { type: 'string', format: 'binary' } } },
}

function isForm(consumes: readonly string[] | undefined): boolean {
  return consumes?.includes('multipart/form-data') === true
}

function everyRefusal(hasBody: boolean): readonly ErrorCode[] {
  const ofBody = ['too_large', 'unsupported_type'] as const
  return [
    'bad_request',
    'unauthenticated',
    'token_expired',
    'internal',
    'overloaded',
    ...(hasBody ? ofBody : []),
  ]
}

const answers = z.record(z.string(), z.looseObject({ description: z.string().optional() }))
type Answers = z.infer<typeof answers>

/** What each status of a success means, where its schema does not say. */
function described(given: Answers): Answers {
  const isRepeatable = '200' in given && '201' in given
  const words: Record<string, string> = {
    200: isRepeatable ? 'A repeat: nothing new was made.' : 'Done.',
    201: 'Made.',
  }
  return Object.fromEntries(
    Object.entries(given).map(([status, answer]) => [status, { description: words[status], ...answer }]),
  )
}

/** One answer for each status, which says the codes that have it. */
function refusals(codes: readonly ErrorCode[]): Answers {
  const statuses = new Set(codes.map((code) => ERRORS[code].status))
  return Object.fromEntries(
    [...statuses].map((status) => [
      status,
      refusal([...new Set(codes)].filter((code) => ERRORS[code].status === status)),
    ]),
  )
}

function refusal(codes: readonly ErrorCode[]) {
  const isTemporary = codes.some((code) => ERRORS[code].temporary)
  const retryAfter = { type: 'integer', description: 'Seconds after which it may be tried again.' }
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join(' '),
    ...(isTemporary ? { headers: { 'Retry-After': retryAfter } } : {}),
    content: {
      'application/json': {
        schema: { $ref: schemaUri('Error') },
        examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
      },
    },
  }
}

function exampleOf(code: ErrorCode) {
  const { message, temporary } = ERRORS[code]
  const requestId = '3f1c9a52-6c0e-4b7e-9d0a-5f2b8c1d7e64'
  return {
    error: { code, message, temporary, ...(temporary ? { retryAfterMs: 1000 } : {}), requestId },
  }
}
