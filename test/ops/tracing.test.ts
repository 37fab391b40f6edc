import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { createTracing } from '../../src/ops/tracing.js'
import { call, createChat, TEST_SECRET, token, until } from '../helpers/clients.js'
import { nodeOf, startCluster } from '../helpers/cluster.js'
import { joinChat, messagePush, say, sessionOf } from '../helpers/frames.js'
import { scrape } from '../helpers/metrics.js'
import { startNode } from '../helpers/processes.js'

const CONTENT = 'followed to where it is read'

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) })
const otlp = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attribute) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string().length(32),
              spanId: z.string().length(16),
              parentSpanId: z.string().optional(),
              name: z.string(),
              startTimeUnixNano: z.string(),
              endTimeUnixNano: z.string(),
              attributes: z.array(attribute),
            }),
          ),
        }),
      ),
    }),
  ),
})

/** A collector of traces: OTLP over HTTP, in JSON. */
async function startCollector(t: Test) {
  const bodies: string[] = []
  const keys = new Set<unknown>()
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    if (request.url === '/v1/traces') bodies.push(body)
    keys.add(request.headers['api-key'])
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the collector has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    bodies,
    keys,
    /** All spans so far, each with the node that it is of. */
    spans: () =>
      bodies.flatMap((body) =>
        otlp.parse(JSON.parse(body)).resourceSpans.flatMap(({ resource, scopeSpans }) => {
          const told = Object.fromEntries(
            resource.attributes.map(({ key, value }) => [key, value.stringValue]),
          )
          const node = told['service.instance.id']
          return scopeSpans.flatMap(({ spans }) =>
            spans.map((span) => ({
              ...span,
              node,
              service: told['service.name'],
              told: Object.fromEntries(
                span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]),
              ),
            })),
          )
        }),
      ),
  }
}

t.test('a send is one trace, from its frame to its delivery on each node', async (t) => {
  const collector = await startCollector(t)
  const cluster = await startCluster(t, 2, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=open%20sesame',
    OTEL_TRACES_SAMPLER_ARG: '1',
    OTEL_BSP_SCHEDULE_DELAY: '50',
  })
  const [here, there] = [nodeOf(cluster, 0), nodeOf(cluster, 1)]
  // One that follows nothing, and passes over what the others say of it.
  const { databaseUrl, redis } = cluster
  const plain = await startNode(t, {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redis.url,
    JWT_SECRET: TEST_SECRET,
  })
  const chatId = await createChat(here, ['ann', 'bob', 'cat'])
  const [ann, bob, cat] = [
    await sessionOf(t, here, 'ann'),
    await sessionOf(t, there, 'bob'),
    await sessionOf(t, plain, 'cat'),
  ]
  for (const client of [ann, bob, cat]) await joinChat(client, chatId)

  const { rev } = await say(ann, chatId, CONTENT)
  for (const client of [ann, bob, cat]) await messagePush(client, CONTENT)
  await until(() => collector.spans().length === 6, 'all spans have come')
  const spans = collector.spans()
  t.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1, 'one trace')
  t.equal(new Set(spans.map(({ spanId }) => spanId)).size, 6)
  const one = (name: string) => {
    const [span, ...more] = spans.filter((span) => span.name === name)
    if (span === undefined || more.length > 0) throw new Error(`not one span: ${name}`)
    return span
  }
  const [send, wait, flush, publish] = [one('send'), one('wait'), one('flush'), one('publish')]
  t.notOk(send.parentSpanId)
  t.match(send.told, { 'parley.chat_id': chatId, 'parley.result': 'ok' })
  for (const child of [wait, flush, publish]) t.equal(child.parentSpanId, send.spanId, child.name)
  t.equal(flush.told['parley.flush_messages'], 1)
  t.equal(publish.told['parley.rev'], rev)
  const delivered = spans.filter(({ name }) => name === 'deliver')
  for (const span of delivered) {
    t.equal(span.parentSpanId, publish.spanId)
    t.match(span.told, { 'parley.chat_id': chatId, 'parley.rev': rev })
  }
  const nodes = delivered.map(({ node }) => node)
  t.equal(new Set(nodes).size, 2, 'on both nodes that follow')
  t.ok(nodes.includes(send.node))
  t.ok(spans.every(({ service }) => service === 'parley'))
  t.ok(spans.every((span) => BigInt(span.startTimeUnixNano) <= BigInt(span.endTimeUnixNano)))
  t.strictSame([...collector.keys], ['open sesame'])

  await t.test('what is refused is followed to its refusal, at REST too', async (t) => {
    const { status } = await call(there, token('eve', 'Eve'), 'POST', `/chats/${chatId}/messages`, {
      content: CONTENT,
    })
    t.equal(status, 403)
    await until(() => collector.spans().length === 9, 'its spans have come')
    const refused = collector.spans().slice(6)
    t.strictSame(refused.map(({ name }) => name).sort(), ['flush', 'send', 'wait'])
    t.equal(refused.find(({ name }) => name === 'send')?.told['parley.result'], 'not_a_member')
  })

  const text = collector.bodies.join()
  for (const secret of [CONTENT, token('ann', 'Ann').slice(0, 20), TEST_SECRET, 'Name of ann'])
    t.notOk(text.includes(secret), secret)
  const { value } = await scrape(plain)
  for (const source of ['bus', 'postgres', 'sweep'])
    t.equal(value('parley_holes_filled_total', { source }), 0, 'what it does not know has held up nothing')
})

t.test('a collector that is away keeps nobody waiting', async (t) => {
  const cluster = await startCluster(t, 1, {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_TRACES_SAMPLER_ARG: '1',
  })
  const node = nodeOf(cluster, 0)
  const chatId = await createChat(node, ['ann'])
  const ann = await sessionOf(t, node, 'ann')
  await say(ann, chatId, CONTENT)
  await ann.close()
  t.equal(await node.stop(), 0)
})

t.test('as many sends are followed as are asked for', async (t) => {
  for (const ratio of [0, 0.5, 1]) {
    const options = {
      endpoint: 'http://127.0.0.1:1',
      headers: {},
      serviceName: 'p',
      version: '1',
      nodeId: 'n',
    }
    const tracing = createTracing({ ...options, ratio })
    const followed = Array.from({ length: 1000 }, () => tracing.follow('c1')).filter(
      (one) => one !== undefined,
    )
    // A thousand times a coin: outside of this once in 10^23.
    t.ok(
      Math.abs(followed.length - ratio * 1000) <= (ratio === 0.5 ? 160 : 0),
      `${ratio}: ${followed.length}`,
    )
  }
})
