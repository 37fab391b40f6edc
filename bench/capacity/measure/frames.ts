import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { type Engines, SECRET } from '../../engines/engines.js'
import { createTokens } from '../../engines/tokens.js'
import { becomes } from '../../engines/until.js'
import { createChats, createPeople } from '../../scenarios/load/world.js'
import { connectOne, type Talker } from './talkers.js'

/** Bytes of what a message, a session and their events are on the wire and on the bus, with ids as the service gives them. */

const CONTENT_BYTES = 100
const PING = '{"type":"ping","ref":100}'
const PATIENCE_MS = 20_000

export async function measureFrames(engines: Engines, say: (line: string) => void) {
  say('one message, byte by byte…')
  const node = await engines.startNode({ name: 'node-frames' })
  const [ann, bob] = createPeople(2)
  if (ann === undefined || bob === undefined) throw new Error('there is nobody')
  const [chat = ''] = await createChats(node.http, [[ann, bob]])
  const bus = new Redis({ port: engines.redis.port })
  const published: { channel: string; bytes: number }[] = []
  await bus.psubscribe('parley:*')
  bus.on('pmessageBuffer', (_: Buffer, channel: Buffer, payload: Buffer) =>
    published.push({ channel: channel.toString(), bytes: payload.length }),
  )
  const busBytes = (prefix: string) =>
    published.findLast(({ channel }) => channel.startsWith(prefix))?.bytes ?? Number.NaN

  const one = await connectOne(node, tokenOf(ann.id), '127.0.0.2')
  const two = await connectOne(node, tokenOf(bob.id), '127.0.0.2')
  const join = `{"type":"join","ref":1,"chatId":"${chat}"}`
  for (const talker of [one, two]) {
    talker.say(join)
    await becomes(() => talker.heard('reply') === 1, PATIENCE_MS, 10)
  }
  const joinReply = bytesOf(two, 'reply')
  const send = JSON.stringify({
    ...{ type: 'send', ref: 2, chatId: chat, clientId: randomUUID(), content: 'x'.repeat(CONTENT_BYTES) },
  })
  one.say(send)
  const isTold = () =>
    one.heard('reply') === 2 && two.heard('message') === 1 && two.heard('chat_activity') > 0
  if (!(await becomes(isTold, PATIENCE_MS, 10))) throw new Error('the message was not told to both')
  const sendReply = bytesOf(one, 'reply')
  one.say(PING)
  await becomes(() => one.heard('reply') === 3, PATIENCE_MS, 10)
  const pong = bytesOf(one, 'reply')
  const bytes = {
    ...{ send: send.length, sendReply, message: bytesOf(two, 'message') },
    ...{ activity: bytesOf(two, 'chat_activity'), hello: bytesOf(two, 'hello') },
    ...{ ping: PING.length, pong, join: join.length, joinReply, token: tokenOf(ann.id).length },
    ...{ chatBus: busBytes('parley:chat:'), userBus: busBytes('parley:user:') },
    presenceBus: busBytes('parley:presence'),
  }
  for (const talker of [one, two]) talker.close()
  bus.disconnect()
  node.signal('SIGTERM')
  await node.ended
  return { contentBytes: CONTENT_BYTES, ...bytes }
}

function tokenOf(id: string): string {
  return createTokens(SECRET).user(id, 'Ann Customer')
}

function bytesOf(talker: Talker, type: string): number {
  return talker.bytesOf(type) ?? Number.NaN
}
