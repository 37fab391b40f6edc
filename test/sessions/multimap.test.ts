import t from 'tap'
import { Multimap } from '../../src/sessions/multimap.js'

t.test('one value and many are the same to whoever asks', async (t) => {
  const map = new Multimap<string>()
  t.equal(map.has('a'), false)
  t.strictSame([[...map.of('a')], [...map.keys()], [...map.values()]], [[], [], []])

  t.equal(map.add('a', 'one'), true)
  t.strictSame([...map.of('a')], ['one'])
  t.equal(map.add('a', 'one'), false, 'again')
  t.equal(map.add('a', 'two'), false)
  t.equal(map.add('a', 'two'), false, 'again')
  t.equal(map.add('b', 'three'), true)
  t.strictSame([...map.of('a')], ['one', 'two'])
  t.strictSame([...map.values()], ['one', 'two', 'three'])
  t.strictSame([...map.keys()], ['a', 'b'])
  t.strictSame(
    ['one', 'two', 'three'].map((value) => map.includes('a', value)),
    [true, true, false],
  )
  t.strictSame([map.includes('b', 'three'), map.includes('c', 'three')], [true, false])
})

t.test('a key is there until its last value has gone', async (t) => {
  const map = new Multimap<string>()
  t.equal(map.delete('a', 'one'), false)
  for (const value of ['one', 'two']) map.add('a', value)
  map.add('b', 'one')
  t.equal(map.delete('a', 'three'), false)
  t.equal(map.delete('b', 'three'), false)
  t.equal(map.delete('a', 'one'), true)
  t.equal(map.has('a'), true)
  t.strictSame([...map.of('a')], ['two'])
  t.equal(map.delete('a', 'two'), true)
  t.equal(map.delete('a', 'two'), false)
  t.equal(map.delete('b', 'one'), true)
  t.strictSame([map.has('a'), map.has('b'), [...map.keys()]], [false, false, []])
  t.equal(map.add('a', 'one'), true)
})
