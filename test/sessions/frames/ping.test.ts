import t from 'tap'
import { sessionOf, startTestNode } from '../../helpers/frames.js'

const node = await startTestNode(t)
const client = await sessionOf(t, node, 'ann')

t.test('a ping is answered with the time of the server', async (t) => {
  const before = Date.now()
  const { serverTime, ...rest } = await client.ask({ type: 'ping' })
  t.match(serverTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  const at = Date.parse(String(serverTime))
  t.ok(at >= before - 1 && at <= Date.now() + 1)
  t.same(rest, {})
})

t.test('a ref may be a string, a number or absent, and is echoed as it came', async (t) => {
  for (const ref of ['r', '', 'ö"\\', 0, -1.5, 1e15]) {
    client.send({ type: 'ping', ref, note: ref })
    t.match(await client.next((frame) => frame.type === 'reply' && frame.ref === ref), { type: 'reply', ref })
  }
  client.send({ type: 'ping' })
  const answer = await client.next((frame) => frame.type === 'reply' && frame.ref === null)
  t.same(Object.keys(answer).sort(), ['data', 'ref', 'type'])
})

t.test('pings are answered in their order', async (t) => {
  for (let ref = 100; ref < 200; ref++) client.send({ type: 'ping', ref })
  await client.next((frame) => frame.ref === 199)
  const refs = client.frames
    .map(({ ref }) => ref)
    .filter((ref) => typeof ref === 'number' && ref >= 100 && ref < 200)
  t.same(
    refs,
    Array.from({ length: 100 }, (_, index) => index + 100),
  )
})
