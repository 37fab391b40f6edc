import type { Test } from 'tap'
import type { OpenSession, SessionRegistry } from '../../src/ports/session-registry.js'

/** Sessions of one user that the registries of these tests allow. */
export const MOST = 3

export function session(userId: string, sessionId: string | number): OpenSession {
  return { userId, sessionId: `${userId}-${sessionId}` }
}

/** The facts of src/ports/session-registry.ts, for every adapter. `create` answers that of the only node. */
export function sessionRegistryContract(t: Test, create: (t: Test) => Promise<SessionRegistry>): void {
  t.test('the oldest is one too many', async (t) => {
    const registry = await create(t)
    for (let n = 1; n <= MOST; n++) t.same(await registry.add(session('ann', n)), [])
    t.same(await registry.add(session('ann', 4)), [session('ann', 1)])
    t.same(
      await registry.add(session('ann', 5)),
      [session('ann', 1), session('ann', 2)],
      'again, for as long as it is there',
    )
  })

  t.test('one that has ended makes room', async (t) => {
    const registry = await create(t)
    for (let n = 1; n <= MOST; n++) await registry.add(session('ann', n))
    registry.remove(session('ann', 2))
    t.same(await registry.add(session('ann', 4)), [])
    t.same(await registry.add(session('ann', 5)), [session('ann', 1)])
    registry.remove(session('ann', 1))
    registry.remove(session('ann', 1))
    registry.remove(session('nobody', 1))
    t.same(await registry.add(session('ann', 6)), [session('ann', 3)])
  })

  t.test('each user has a number of its own', async (t) => {
    const registry = await create(t)
    for (const userId of ['ann', 'bob', 'żółw 🐢', '{x}'])
      for (let n = 1; n <= MOST; n++) t.same(await registry.add(session(userId, n)), [])
    t.same(await registry.add(session('{x}', 4)), [session('{x}', 1)])
  })

  t.test('of many that begin at once the latest stay', async (t) => {
    const registry = await create(t)
    const many = Array.from({ length: 50 }, (_, n) => session('ann', n))
    const answers = await Promise.all(many.map((one) => registry.add(one)))
    t.same(
      new Set(answers.flat().map(({ sessionId }) => sessionId)),
      new Set(many.slice(0, -MOST).map(({ sessionId }) => sessionId)),
    )
  })

  t.test('a renewal changes nothing', async (t) => {
    const registry = await create(t)
    for (let n = 1; n <= MOST; n++) await registry.add(session('ann', n))
    t.same(await registry.renew(), [])
    t.same(await registry.renew(), [])
    t.same(await registry.add(session('ann', 4)), [session('ann', 1)])
  })
}
