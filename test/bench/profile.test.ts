import t from 'tap'
import { selfTimes, toTree, withoutIdle } from '../../bench/load/profile/cpu-profile.js'
import { toFlameGraph } from '../../bench/load/profile/flame-graph.js'
import { byFunction, byOwner, placeOf, ranked } from '../../bench/load/profile/frames.js'
import { aliveSince, summariseHeap } from '../../bench/load/profile/heap-snapshot.js'

const frame = (functionName: string, url = '', lineNumber = -1) => ({ functionName, url, lineNumber })
const node = (id: number, callFrame: ReturnType<typeof frame>, children: number[] = []) => ({
  ...{ id, callFrame, children },
})
const profile = {
  nodes: [
    node(1, frame('(root)'), [2, 3, 5]),
    node(2, frame('(idle)')),
    node(3, frame('say', 'file:///x/dist/chat/messages.js', 65), [4]),
    node(4, frame('parse', 'file:///x/node_modules/@a/b/lib/c.js', 9)),
    node(5, frame('say', 'file:///x/dist/chat/messages.js', 65)),
  ],
  samples: [2, 3, 4, 5, 2],
  timeDeltas: [0, 100, 20, 30, 50],
}

t.test('a function is named by its place, and by whose it is', async (t) => {
  t.match(placeOf(frame('say', 'file:///x/dist/chat/messages.js', 65)), {
    ...{ where: 'chat/messages.js:66', owner: 'chat/messages.js', origin: 'own' },
  })
  t.match(placeOf(frame('', 'file:///x/node_modules/@a/b/lib/c.js', 9)), {
    ...{ name: '(anonymous)', where: '@a/b/lib/c.js:10', owner: '@a/b', origin: 'package' },
  })
  t.match(placeOf(frame('emit', 'node:events', 470)), { where: 'node:events:471', origin: 'node' })
  t.match(placeOf(frame('(garbage collector)')), { owner: '(garbage collector)', origin: 'native' })
  t.match(placeOf(frame('send')), { owner: '(native)', origin: 'native' })
})

t.test('time is of the sample that it follows, and idle time is apart', async (t) => {
  const all = toTree(profile)
  t.equal(all.total, 200)
  const busy = withoutIdle(all)
  t.equal(busy.total, 100)
  t.strictSame(ranked(selfTimes(busy), byFunction), [
    { key: 'say  chat/messages.js:66', sum: 70 },
    { key: 'parse  @a/b/lib/c.js:10', sum: 30 },
  ])
  t.strictSame(ranked(selfTimes(busy), byOwner), [
    { key: 'chat/messages.js', sum: 70 },
    { key: '@a/b', sum: 30 },
  ])
})

t.test('a flame graph has a bar for each call, as wide as its time', async (t) => {
  const page = toFlameGraph('a <title>', withoutIdle(toTree(profile)))
  t.equal(page.match(/data-w="1\.000000"/g)?.length, 2, 'all, and what is called by all')
  t.match(page, /data-w="0\.300000"[^>]*>parse</)
  t.notMatch(page, 'a <title>', 'what is given is text')
})

t.test('a heap is told by constructor', async (t) => {
  const heap = (sessions: number) =>
    JSON.stringify({
      snapshot: { meta: { node_fields: ['type', 'name', 'self_size'], node_types: [['object', 'string']] } },
      nodes: [...Array.from({ length: sessions }, () => [0, 0, 48]).flat(), 1, 1, 24],
      strings: ['Session', 'some text'],
    })
  const [before, after] = [summariseHeap(heap(1)), summariseHeap(heap(3))]
  t.strictSame(after, [
    { kind: 'Session', count: 3, bytes: 144 },
    { kind: '(string)', count: 1, bytes: 24 },
  ])
  t.strictSame(aliveSince(before, after)[0], { kind: 'Session', count: 2, bytes: 96 })
})
