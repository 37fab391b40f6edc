import t from 'tap'
import { createTurns } from '../../src/adapters/turns.js'

function start(atOnce: number, line: number) {
  const turns = createTurns({ atOnce, line, refusal: (reason) => new Error(reason) })
  const had: string[] = []
  const take = async (name: string) => {
    await turns.take()
    had.push(name)
  }
  return { turns, had, take }
}

t.test('so many at once, then one for each that is over, in their order', async (t) => {
  const { turns, had, take } = start(2, 10)
  await Promise.all([take('a'), take('b')])
  const [c, d] = [take('c'), take('d')]
  t.strictSame(had, ['a', 'b'])
  turns.give()
  await c
  t.strictSame(had, ['a', 'b', 'c'])
  turns.give()
  await d
  turns.give()
  turns.give()
  await Promise.all([take('e'), take('f')])
  t.strictSame(had, ['a', 'b', 'c', 'd', 'e', 'f'])
})

t.test('the line has an end', async (t) => {
  const { turns, take } = start(1, 2)
  await take('a')
  const waiting = [take('b'), take('c')]
  await t.rejects(take('d'), { message: 'too many wait for a connection' })
  turns.give()
  await waiting[0]
  const e = take('e')
  await t.rejects(take('f'))
  turns.give()
  turns.give()
  await Promise.all([...waiting, e])
})

t.test('those who wait are refused, or those of them who came before', async (t) => {
  const { turns, take } = start(1, 10)
  await take('a')
  const early = [take('b'), take('c')]
  const between = performance.now()
  // The clock has moved on.
  while (performance.now() <= between);
  const late = take('d')
  turns.refuse('too long', between)
  for (const one of early) await t.rejects(one, { message: 'too long' })
  turns.give()
  await late
  const last = take('e')
  turns.refuse('away')
  await t.rejects(last, { message: 'away' })
  turns.give()
  await take('f')
})
