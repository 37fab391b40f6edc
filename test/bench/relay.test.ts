import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { createRelay } from '../../bench/chaos/engines/relay.js'
import { until } from '../../bench/engines/until.js'

/** A server that answers each line with the same in capitals, behind a relay, and one who is connected to it. */
async function connected(t: Test) {
  const halves: Socket[] = []
  let heard = ''
  const server = createServer((half) => {
    halves.push(half)
    half.on('error', () => {})
    half.on('data', (chunk) => {
      heard += chunk
      half.write(chunk.toString().toUpperCase())
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const relay = await createRelay(address.port)
  const client = dial(t, relay)
  t.teardown(() => {
    relay.close()
    for (const half of halves) half.destroy()
    server.close()
  })
  return { relay, client, halves, heard: () => heard, port: address.port }
}

/** Past the relay: it is answered when the server has handled all that it was sent before. */
async function says(t: Test, port: number, what: string): Promise<void> {
  const direct = dial(t, { port })
  direct.say(what)
  await direct.hears(what.toUpperCase())
}

function dial(t: Test, { port }: { port: number }) {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  let hasEnded = false
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    hasEnded = true
  })
  t.teardown(() => socket.destroy())
  return {
    say: (what: string) => socket.write(what),
    hears: (what: string) => until(`hears ${what}`, () => text === what, 5_000),
    ends: () => until('ends', () => hasEnded, 5_000),
    text: () => text,
    hasEnded: () => hasEnded,
    hangUp: () => socket.end(),
  }
}

t.test('open, it passes on all there is, and the end', async (t) => {
  const { client, halves } = await connected(t)
  client.say('a')
  await client.hears('A')
  client.hangUp()
  await client.ends()
  await until('the server is told', () => halves[0]?.readableEnded === true, 5_000)
  t.equal(client.text(), 'A')
})

t.test('stalled, it passes nothing and ends nothing; restored, all that waited', async (t) => {
  const { relay, client, heard, port } = await connected(t)
  client.say('a')
  await client.hears('A')
  relay.set({ kind: 'stalled' })
  client.say('b')
  const late = dial(t, relay)
  late.say('x')
  await says(t, port, 'y')
  t.equal(heard(), 'ay')
  relay.restore()
  await late.hears('X')
  await client.hears('AB')
  t.notOk(client.hasEnded())
})

t.test('slow, it passes on later, and in order, also when it becomes fast again', async (t) => {
  const { relay, client, heard, port } = await connected(t)
  relay.set({ kind: 'slow', delayMs: 400 })
  client.say('a')
  await says(t, port, 'y')
  t.equal(heard(), 'y')
  relay.set({ kind: 'slow', delayMs: 20 })
  client.say('b')
  relay.restore()
  client.say('c')
  await client.hears('ABC')
})

t.test('mute, requests arrive and answers do not; restored, the connection ends', async (t) => {
  const { relay, client, heard } = await connected(t)
  relay.set({ kind: 'mute' })
  client.say('a')
  await until('the server has it', () => heard() === 'a', 5_000)
  relay.restore()
  await client.ends()
  t.equal(client.text(), '')
})

t.test('cut, connections end, and no new one lasts, until it is restored', async (t) => {
  const { relay, client } = await connected(t)
  relay.cut()
  await client.ends()
  const refused = dial(t, relay)
  await refused.ends()
  relay.restore()
  const next = dial(t, relay)
  next.say('a')
  await next.hears('A')
  t.pass('a new connection is well')
})

t.test('forsaken, a connection passes nothing and neither side is told; new ones are well', async (t) => {
  const { relay, client, halves, heard } = await connected(t)
  client.say('a')
  await client.hears('A')
  relay.forsake()
  client.say('b')
  client.hangUp()
  const next = dial(t, relay)
  next.say('c')
  await next.hears('C')
  t.equal(heard(), 'ac')
  t.equal(halves[0]?.readableEnded, false, 'the server thinks it is still there')
  relay.restore()
  await until('the server is told in the end', () => halves[0]?.readableEnded === true, 5_000)
})
