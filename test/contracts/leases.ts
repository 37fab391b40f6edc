import type { Test } from 'tap'
import type { Leases } from '../../src/ports/leases.js'

/** The facts of src/ports/leases.ts, for every adapter. `createLeases` answers those of the only node. */
export function leasesContract(t: Test, createLeases: (t: Test) => Promise<Leases>): void {
  t.test('who is held for the first time comes online, once', async (t) => {
    const leases = await createLeases(t)
    t.same(await leases.hold(['ann', 'bob']), ['ann', 'bob'])
    t.same(await leases.hold(['bob', 'cem']), ['cem'])
    t.same(await leases.hold(['ann']), [])
  })

  t.test('who is released goes offline, once', async (t) => {
    const leases = await createLeases(t)
    await leases.hold(['ann', 'bob'])
    t.same(await leases.release(['ann', 'nobody']), ['ann'])
    t.same(await leases.release(['ann', 'bob']), ['bob'])
    t.same(await leases.hold(['ann']), ['ann'])
  })

  t.test('a name given twice is one user', async (t) => {
    const leases = await createLeases(t)
    t.same(await leases.hold(['ann', 'ann']), ['ann'])
    t.same(await leases.release(['ann', 'ann']), ['ann'])
  })

  t.test('it tells which users are held', async (t) => {
    const leases = await createLeases(t)
    await leases.hold(['ann', 'bob', 'cem'])
    await leases.release(['bob'])
    t.strictSame(await leases.held(['ann', 'bob', 'nobody', 'cem']), new Set(['ann', 'cem']))
  })

  t.test('nobody is asked for, nobody is answered', async (t) => {
    const leases = await createLeases(t)
    t.same(await leases.hold([]), [])
    t.same(await leases.release([]), [])
    t.strictSame(await leases.held([]), new Set())
  })

  t.test('renewing keeps who is held, and answers nobody of its own', async (t) => {
    const leases = await createLeases(t)
    t.same(await leases.renew(), [])
    await leases.hold(['ann', 'bob'])
    await leases.release(['bob'])
    t.same(await leases.renew(), [])
    t.same(await leases.renew(), [])
    t.strictSame(await leases.held(['ann', 'bob']), new Set(['ann']))
    t.same(await leases.hold(['ann']), [])
  })

  t.test('user ids are any text, and thousands at once', async (t) => {
    const leases = await createLeases(t)
    const users = ['żółw 🐢', '*', '', '{x}', 'a b', ...Array.from({ length: 3_000 }, (_, n) => `user-${n}`)]
    t.same(await leases.hold(users), users)
    t.strictSame(await leases.held(users), new Set(users))
    t.same(await leases.release(users), users)
    t.strictSame(await leases.held(users), new Set())
  })
}
