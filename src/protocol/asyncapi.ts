import { z } from 'zod'
import { clientFrame } from './client-frames.js'
import { ERRORS } from './errors.js'
import { FRAME_NOTES, PUSH_NOTES, REPLY_EXAMPLES } from './frame-notes.js'
import { errorBody, jsonSchemas, mapValues } from './named-schemas.js'
import { pushes, replies } from './server-frames.js'
import { socketRules } from './socket-rules.js'

/**
 * The reference of the raw WebSocket: AsyncAPI 3.0, made from the schemas that the door checks with. What the service
 * *receives* are client frames, each with its reply; what it *sends* are pushes.
 */
export function asyncApiDocument(version: string) {
  const messages = allMessages()
  const schemas = jsonSchemas(
    'draft-7',
    mapValues(messages, ({ schema }) => schema),
  )
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Parley, raw WebSocket',
      version,
      description: socketRules(),
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      parley: {
        host: '{host}',
        protocol: 'ws',
        description: 'The listener of `WS_PORT`; `wss` behind a proxy that ends TLS.',
        variables: { host: { default: '127.0.0.1:3001' } },
        security: Object.keys(SECURITY).map((name) => ({ $ref: `#/components/securitySchemes/${name}` })),
      },
    },
    channels: {
      session: {
        address: '/ws',
        title: 'Session',
        description: 'One open socket of a user, for all of the user’s chats.',
        messages: mapValues(messages, (_message, name) => ({ $ref: `#/components/messages/${name}` })),
        bindings: { ws: { bindingVersion: '0.1.0' } },
      },
    },
    operations: { ...frameOperations(), ...pushOperations() },
    components: {
      messages: mapValues(messages, ({ title, summary, example, correlated }, name) => ({
        name,
        title,
        summary,
        payload: schemas[name] ?? {},
        ...(correlated ? { correlationId: { location: '$message.payload#/ref' } } : {}),
        examples: [{ name: 'example', payload: example }],
      })),
      schemas: Object.fromEntries(Object.entries(schemas).filter(([name]) => !(name in messages))),
      securitySchemes: SECURITY,
    },
  }
}

export type AsyncApiDocument = ReturnType<typeof asyncApiDocument>

interface Described {
  readonly title: string
  readonly summary: string
  readonly schema: z.ZodType
  readonly example: object
  readonly correlated: boolean
}

const SECURITY = {
  header: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: '`Authorization: Bearer <token>`, where one can set headers.',
  },
  subprotocol: {
    type: 'httpApiKey',
    in: 'header',
    name: 'Sec-WebSocket-Protocol',
    description: '`parley.v1, bearer.<token>`, for browsers. The server answers `parley.v1`.',
  },
  query: {
    type: 'httpApiKey',
    in: 'query',
    name: 'access_token',
    description: '`/ws?access_token=<token>`.',
  },
} as const

const pushTypes = z.object(pushes).keyof().options
const replyTypes = z.object(replies).keyof().options
const frameTypes = clientFrame.options.map(({ shape }) => shape.type.value)

const ref = z.union([z.string(), z.number()]).nullable().describe('That of the frame; null when it had none.')

const errorFrame = {
  title: 'error',
  summary: 'The answer to a frame that could not be done, or that was none.',
  schema: z.object({ type: z.literal('error'), ref, ...errorBody.shape }),
  example: {
    type: 'error',
    ref: 4,
    code: 'chat_closed',
    message: ERRORS.chat_closed.message,
    temporary: false,
  },
  correlated: true,
}

/** Every frame by a name of its own: `frame.join`, `reply.join`, `push.message`, `error`. */
function allMessages(): Record<string, Described> {
  const frames = clientFrame.options.map((schema): [string, Described] => {
    const type = schema.shape.type.value
    return [`frame.${type}`, { title: type, schema, correlated: true, ...FRAME_NOTES[type] }]
  })
  const answers = replyTypes.map((type): [string, Described] => {
    const { ref: asked = null } = FRAME_NOTES[type].example
    return [
      `reply.${type}`,
      {
        title: `reply to ${type}`,
        summary: `The answer to \`${type}\`.`,
        schema: z.object({ type: z.literal('reply'), ref, data: replies[type] }),
        example: { type: 'reply', ref: asked, data: REPLY_EXAMPLES[type] },
        correlated: true,
      },
    ]
  })
  const unasked = pushTypes.map((type): [string, Described] => {
    const { summary, example } = PUSH_NOTES[type]
    const schema = z.object({ type: z.literal(type), ...pushes[type].shape })
    return [
      `push.${type}`,
      { title: type, summary, schema, example: { type, ...example }, correlated: false },
    ]
  })
  return Object.fromEntries([...frames, ...answers, ['error', errorFrame], ...unasked])
}

function frameOperations() {
  return Object.fromEntries(
    frameTypes.map((type) => [
      `receive.${type}`,
      {
        action: 'receive',
        channel: { $ref: '#/channels/session' },
        summary: FRAME_NOTES[type].summary,
        messages: [inChannel(`frame.${type}`)],
        reply: {
          channel: { $ref: '#/channels/session' },
          messages: [...(type in replies ? [inChannel(`reply.${type}`)] : []), inChannel('error')],
        },
      },
    ]),
  )
}

function pushOperations() {
  return Object.fromEntries(
    pushTypes.map((type) => [
      `send.${type}`,
      {
        action: 'send',
        channel: { $ref: '#/channels/session' },
        summary: PUSH_NOTES[type].summary,
        messages: [inChannel(`push.${type}`)],
      },
    ]),
  )
}

function inChannel(name: string) {
  return { $ref: `#/channels/session/messages/${name}` }
}
