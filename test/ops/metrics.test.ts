import { readFile } from 'node:fs/promises'
import t from 'tap'
import { call, connectRaw, connectSocketIo, createChat, token, until } from '../helpers/clients.js'
import { nodeOf, startCluster } from '../helpers/cluster.js'
import { eventOf, joinChat, messagePush, say, sessionOf, settled, startTestNode } from '../helpers/frames.js'
import { runMain } from '../helpers/main.js'
import { type Scrape, scrape } from '../helpers/metrics.js'

t.setTimeout(120_000)

type Series = [series: string, labels?: Record<string, string>]

/** How much these have grown while something was done. */
async function grown(node: { opsPort: number }, series: readonly Series[], work: () => Promise<unknown>) {
  const before = await scrape(node)
  await work()
  const after = await scrape(node)
  return series.map((one) => after.value(...one) - before.value(...one))
}

/** Waits until the node says so: what is counted when a socket has gone is counted soon. */
async function untilScraped(node: { opsPort: number }, holds: (now: Scrape) => boolean, what: string) {
  await until(async () => holds(await scrape(node)), what)
}

t.test('the page of the metrics is what a node tells, on a port with nothing else', async (t) => {
  // The labels of a metric show with its first series: garbage is collected often.
  const node = await startTestNode(t, { NODE_OPTIONS: '--max-semi-space-size=1' })
  const page = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
  const written = [...page.matchAll(/^\| `(\w+)` \| (\w+) \| ?(.*?) ?\| .+ \| .+ \|$/gm)].map(
    ([, name = '', type, labels = '']) =>
      [name, `${type} ${names(labels.replaceAll('`', '').split(', '))}`] as const,
  )
  t.ok(written.length > 35)
  t.equal(
    written.length,
    page.split('\n').filter((line) => line.startsWith('| `')).length,
    'every row is understood',
  )
  const { metrics } = await scrape(node)
  const told = [...metrics].map(([name, { type, labels }]) => [name, `${type} ${names(labels)}`] as const)
  t.strictSame(Object.fromEntries(told), Object.fromEntries(written))
  for (const [name, { type }] of metrics) {
    if (!name.startsWith('parley_')) continue
    t.equal(name.endsWith('_total'), type === 'counter', name)
    if (type === 'histogram') t.match(name, /_(seconds|messages)$/)
  }

  const at = `http://127.0.0.1:${node.opsPort}`
  for (const [path, method] of [
    ['/', 'GET'],
    ['/metrics/', 'GET'],
    ['/metrics', 'POST'],
    ['/livez', 'GET'],
  ] as const)
    t.equal((await fetch(at + path, { method })).status, 404, `${method} ${path}`)
  t.equal((await fetch(`${at}/metrics?name=x`)).status, 200)
  t.equal((await call(node, undefined, 'GET', '/metrics')).status, 404, 'none on the public port')

  const second = await runMain(t, { OPS_PORT: String(node.opsPort), JWT_SECRET: 'x' })
  t.equal(second.code, 1)
  t.match(second.output, String(node.opsPort))
})

function names(labels: readonly string[]): string {
  return labels
    .filter((label) => label !== '')
    .sort()
    .join()
}

t.test('what two nodes tell of two people who talk', async (t) => {
  const cluster = await startCluster(t, 2, { PARLEY_SWEEP_MS: '200' })
  const [here, there] = [nodeOf(cluster, 0), nodeOf(cluster, 1)]
  const chatId = await createChat(here, ['ann', 'bob'])

  const raw = { door: 'raw' }
  t.equal((await scrape(here)).value('parley_sessions', raw), 0)
  const ann = await sessionOf(t, here, 'ann')
  const socket = connectSocketIo(t, there, token('bob', 'Bob'))
  await eventOf(socket, 'connect')
  t.equal((await scrape(here)).value('parley_sessions', raw), 1)
  t.equal((await scrape(there)).value('parley_sessions', { door: 'socketio' }), 1)

  await t.test('joins', async (t) => {
    const by = (how: string, result: string): Series => ['parley_joins_total', { by: how, result }]
    const results = [
      by('join', 'complete'),
      by('resume', 'complete'),
      by('resume', 'refused'),
      by('resume', 'reset'),
    ]
    const counted = await grown(here, results, async () => {
      const { epoch } = await joinChat(ann, chatId)
      await ann.ask({ type: 'resume', epoch, chats: { [chatId]: 0, 'no-such-chat': 0 } })
      await ann.ask({ type: 'resume', epoch: 'another', chats: { [chatId]: 0 } })
    })
    t.strictSame(counted, [1, 1, 1, 1])
    t.equal((await scrape(here)).value(...by('join', 'refused')), 0)
    await new Promise((resolve) => socket.emit('join', { chatId }, resolve))
    t.equal((await scrape(there)).value(...by('join', 'complete')), 1)
  })

  await t.test('a message', async (t) => {
    const heard = eventOf(socket, 'message')
    const counted = await grown(
      here,
      [
        ['parley_sends_total', { result: 'ok' }],
        ['parley_sends_total', { result: 'duplicate' }],
        ['parley_frames_received_total', { door: 'raw', type: 'send' }],
        ['parley_deliveries_total'],
        ['parley_flush_messages_count'],
        ['parley_flush_messages_sum'],
        ['parley_flush_duration_seconds_count'],
        ['parley_fan_out_duration_seconds_count'],
      ],
      async () => {
        await say(ann, chatId, 'hello', { clientId: 'c1' })
        await messagePush(ann, 'hello')
        await heard
        await say(ann, chatId, 'hello', { clientId: 'c1' })
      },
    )
    t.strictSame(counted, [1, 1, 2, 1, 2, 2, 2, 2])
    t.equal((await scrape(there)).value('parley_deliveries_total'), 1)
    t.equal((await scrape(there)).value('parley_sends_total', { result: 'ok' }), 0, 'where it was said')
    const after = await scrape(here)
    t.ok(after.value('parley_flush_duration_seconds_sum') > 0)
    t.equal(
      after.value('parley_flush_messages_bucket', { le: '1' }),
      after.value('parley_flush_messages_count'),
    )
    t.equal(after.value('parley_lane_waiting', { lane: 'messages' }), 0)
  })

  await t.test('frames that are sent', async (t) => {
    const sent: Series[] = [['parley_frames_sent_total', raw]]
    t.strictSame(await grown(here, sent, () => settled(ann)), [1], 'a reply')
    const [more = 0] = await grown(here, sent, async () => {
      await say(ann, chatId, 'two')
      await messagePush(ann, 'two')
    })
    t.ok(more >= 2, 'a reply and a push, and perhaps the activity of the chat')
  })

  await t.test('errors, by door', async (t) => {
    const code = (door: string, code: string): Series => ['parley_errors_total', { door, code }]
    const counted = await grown(
      here,
      [
        ['parley_sends_total', { result: 'not_a_member' }],
        code('http', 'not_a_member'),
        code('http', 'not_found'),
        code('raw', 'bad_request'),
        code('raw', 'unauthenticated'),
        ['parley_frames_received_total', { door: 'raw', type: 'bad' }],
      ],
      async () => {
        const path = `/chats/${chatId}/messages`
        await call(here, token('eve', 'Eve'), 'POST', path, { content: 'let me in' })
        await call(here, token('eve', 'Eve'), 'GET', '/no/such/route')
        await ann.request({ type: 'say', chatId })
        await sessionOf(t, here, 'ann').then((other) => other.close())
        const stranger = await connectRaw(t, here, undefined)
        t.equal((await stranger.closed).code, 4401)
      },
    )
    t.strictSame(counted, [1, 1, 1, 1, 1, 1])
    await new Promise((resolve) => socket.emit('join', { chatId: 'no-such-chat' }, resolve))
    t.equal((await scrape(there)).value(...code('socketio', 'not_a_member')), 1)
  })

  await t.test('sessions that end', async (t) => {
    const closed = (code: string): Series => ['parley_sessions_ended_total', { door: 'raw', code }]
    const eve = await sessionOf(t, here, 'eve')
    const before = await scrape(here)
    eve.send({ type: 'join', chatId })
    t.equal((await eve.closed).code, 4403)
    await untilScraped(
      here,
      (now) => now.value(...closed('4403')) === before.value(...closed('4403')) + 1,
      '4403',
    )
    const cat = await sessionOf(t, here, 'cat')
    await cat.close()
    await untilScraped(
      here,
      (now) => now.value(...closed('none')) === before.value(...closed('none')) + 1,
      'none',
    )
    t.equal((await scrape(here)).value('parley_sessions', raw), 1)
    t.ok((await scrape(there)).value('parley_sessions_ended_total', { door: 'socketio', code: '4403' }) === 1)
  })

  await t.test('the bus, and holes that the sweep fills', async (t) => {
    const bob = await sessionOf(t, there, 'bob')
    await joinChat(bob, chatId)
    t.equal((await scrape(there)).value('parley_bus_up'), 1)
    await cluster.redis.stop()
    await untilScraped(there, (now) => now.value('parley_bus_up') === 0, 'the bus is away')
    const before = await scrape(there)
    await say(ann, chatId, 'without Redis')
    await messagePush(bob, 'without Redis')
    const swept: Series = ['parley_holes_filled_total', { source: 'sweep' }]
    t.equal((await scrape(there)).value(...swept), before.value(...swept) + 1)
    await cluster.redis.start()
    await untilScraped(there, (now) => now.value('parley_bus_up') === 1, 'the bus is back')
    t.equal((await scrape(there)).value('parley_database_up'), 1)
  })
})
