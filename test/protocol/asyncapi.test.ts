import { Parser } from '@asyncapi/parser'
import t from 'tap'
import { z } from 'zod'
import { type AsyncApiDocument, asyncApiDocument } from '../../src/protocol/asyncapi.js'
import { clientFrame } from '../../src/protocol/client-frames.js'
import { CLOSE_CODES } from '../../src/protocol/close-codes.js'
import { ERRORS } from '../../src/protocol/errors.js'
import { errorBody } from '../../src/protocol/named-schemas.js'
import { pushes, replies } from '../../src/protocol/server-frames.js'

const document = asyncApiDocument('1.2.3')
const { messages } = document.components
const parser = new Parser()

/** What the code has and this document has not: names of frames, replies and pushes, codes of errors and closes. */
function missingIn({ components, operations, channels, info }: AsyncApiDocument): string[] {
  const frames = clientFrame.options.map(({ shape }) => shape.type.value)
  const names = [
    ...frames.map((type) => `frame.${type}`),
    ...Object.keys(replies).map((type) => `reply.${type}`),
    ...Object.keys(pushes).map((type) => `push.${type}`),
    'error',
  ]
  const wanted = [
    ...frames.map((type) => `receive.${type}`),
    ...Object.keys(pushes).map((type) => `send.${type}`),
  ]
  const codes = z.object({ properties: z.object({ code: z.object({ enum: z.array(z.string()) }) }) })
  const errors = codes.safeParse(components.messages.error?.payload).data?.properties.code.enum ?? []
  return [
    ...names.filter((name) => !(name in components.messages)),
    ...names.filter((name) => !(name in (channels.session?.messages ?? {}))),
    ...wanted.filter((name) => !(name in operations)),
    ...Object.keys(ERRORS).filter(
      (code) => !errors.includes(code) || !info.description.includes(`\`${code}\``),
    ),
    ...Object.values(CLOSE_CODES).flatMap(({ code }) =>
      info.description.includes(`| \`${code}\` |`) ? [] : [String(code)],
    ),
  ]
}

t.test("AsyncAPI's own parser has nothing to say against it", async (t) => {
  const { document: parsed, diagnostics } = await parser.parse(JSON.stringify(document))
  t.strictSame(
    // Tools for 3.0 are many, those for 3.1 are few.
    diagnostics
      .filter(({ code }) => code !== 'asyncapi-latest-version')
      .map(({ code, message, path }) => `${code}: ${message} at ${path.join('.')}`),
    [],
  )
  t.equal(parsed?.version(), '3.0.0')
  t.equal(parsed?.info().version(), '1.2.3')
  t.equal(parsed?.operations().filterByReceive().length, clientFrame.options.length)
  t.equal(parsed?.operations().filterBySend().length, Object.keys(pushes).length)
  t.equal(parsed?.securitySchemes().length, 3)
  const [server] = parsed?.servers().all() ?? []
  t.equal(server?.security().length, 3, 'the header, the subprotocol, or the query')
})

t.test('the parser would have: the same document with a fault', async (t) => {
  const { diagnostics } = await parser.parse(
    JSON.stringify({ ...document, operations: { x: { action: 'shout' } } }),
  )
  t.ok(diagnostics.length > 0)
})

t.test('everything that travels is in it', async (t) => {
  t.strictSame(missingIn(document), [])
  const { 'push.goaway': _push, 'reply.join': _reply, 'frame.edit': _frame, ...fewer } = messages
  t.strictSame(missingIn({ ...document, components: { ...document.components, messages: fewer } }), [
    'frame.edit',
    'reply.join',
    'push.goaway',
  ])
  const description = document.info.description.replace('| `4408` |', '')
  t.strictSame(missingIn({ ...document, info: { ...document.info, description } }), ['4408'])
  const { 'send.goaway': _send, 'receive.edit': _receive, ...operations } = document.operations
  t.strictSame(missingIn({ ...document, operations }), ['receive.edit', 'send.goaway'])
})

t.test('a frame is answered by its own reply or by an error', async (t) => {
  for (const type of clientFrame.options.map(({ shape }) => shape.type.value)) {
    const answers = type in replies ? [`reply.${type}`, 'error'] : ['error']
    t.match(document.operations[`receive.${type}`], {
      action: 'receive',
      messages: [{ $ref: `#/channels/session/messages/frame.${type}` }],
      reply: { messages: answers.map((name) => ({ $ref: `#/channels/session/messages/${name}` })) },
    })
  }
})

t.test('its examples are such as the service takes and sends', async (t) => {
  function exampleOf(name: string): unknown {
    return messages[name]?.examples[0]?.payload
  }
  for (const { shape } of clientFrame.options)
    t.strictSame(
      clientFrame.parse(exampleOf(`frame.${shape.type.value}`)),
      exampleOf(`frame.${shape.type.value}`),
    )
  for (const [type, data] of Object.entries(replies)) {
    const ref = z.union([z.string(), z.number(), z.null()])
    const schema = z.strictObject({ type: z.literal('reply'), ref, data: data.strict() })
    t.strictSame(schema.parse(exampleOf(`reply.${type}`)), exampleOf(`reply.${type}`))
  }
  for (const [type, push] of Object.entries(pushes))
    t.strictSame(
      z.strictObject({ type: z.literal(type), ...push.shape }).parse(exampleOf(`push.${type}`)),
      exampleOf(`push.${type}`),
    )
  const error = z.strictObject({ type: z.literal('error'), ref: z.number(), ...errorBody.shape })
  t.strictSame(error.parse(exampleOf('error')), exampleOf('error'))
})

t.test('a client may not rely on there being no more fields', async (t) => {
  t.notMatch(JSON.stringify(document), /"additionalProperties":false/)
})
