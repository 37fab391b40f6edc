import { forEachStore } from '../helpers/stores.js'

const at = (seconds: number) => new Date(seconds * 1000)

forEachStore(async (t, open, engine) => {
  const store = await open()
  const nameOf = async (id: string) => (await store.users.names([id]))[0]?.fullName

  t.test('who was never named is absent', async (t) => {
    await store.users.name([{ id: 'known', fullName: 'Known', namedAt: at(1) }])
    t.strictSame(await store.users.names(['unknown', 'known']), [
      { id: 'known', fullName: 'Known', namedAt: at(1) },
    ])
  })

  t.test('the newest name counts, in whatever order they are said', async (t) => {
    const say = (fullName: string, seconds: number) =>
      store.users.name([{ id: 'ann', fullName, namedAt: at(seconds) }])
    t.match(await say('second', 20), [{ id: 'ann', fullName: 'second' }])
    t.match(
      await say('first', 10),
      [{ fullName: 'second', namedAt: at(20) }],
      'and is answered to who was late',
    )
    t.match(await say('third', 30), [{ fullName: 'third', namedAt: at(30) }])
    t.match(
      await say('of the same second', 30),
      [{ fullName: 'of the same second' }],
      'a tie goes to the later word',
    )
    t.equal(await nameOf('ann'), 'of the same second')
  })

  t.test('many at once, each judged by itself', async (t) => {
    await store.users.name([{ id: 'b', fullName: 'B new', namedAt: at(50) }])
    const answer = await store.users.name(
      ['a', 'b', 'c'].map((id) => ({ id, fullName: `${id} "o'\\`, namedAt: at(40) })),
    )
    t.same(answer.map(({ id, fullName }) => [id, fullName]).sort(), [
      ['a', `a "o'\\`],
      ['b', 'B new'],
      ['c', `c "o'\\`],
    ])
  })

  t.test('the same name again writes nothing', async (t) => {
    const naming = { id: 'same', fullName: 'Same', namedAt: at(5) }
    const version = () =>
      store.transaction(async (trx) => {
        const { xmin } = await trx
          .selectFrom('users')
          .select((eb) => eb.cast<string>(eb.ref('users.xmin' as 'users.id'), 'text').as('xmin'))
          .where('id', '=', 'same')
          .executeTakeFirstOrThrow()
        return xmin
      })
    await store.users.name([naming])
    const before = await version()
    await store.users.name([naming])
    t.equal(await version(), before)
  })

  t.test('the last time seen only moves forward, and names keep it', async (t) => {
    await store.users.name([{ id: 'eve', fullName: 'Eve', namedAt: at(1) }])
    const seen = async () =>
      await store.transaction(
        async (trx) =>
          (await trx.selectFrom('users').select('last_seen_at').where('id', '=', 'eve').executeTakeFirst())
            ?.last_seen_at,
      )
    t.equal(await seen(), null)
    await store.users.seen(
      new Map([
        ['eve', at(100)],
        ['unknown', at(100)],
      ]),
    )
    await store.users.seen(new Map([['eve', at(50)]]))
    t.strictSame(await seen(), at(100))
    await store.users.name([{ id: 'eve', fullName: 'Eve Two', namedAt: at(2) }])
    t.strictSame(await seen(), at(100))
    t.equal(await nameOf('unknown'), undefined)
  })

  t.test('nodes that name or see the same users at once do not block each other for good', async (t) => {
    const ids = Array.from({ length: 60 }, (_, n) => `crowd-${n}`)
    const namings = (n: number) => ids.map((id) => ({ id, fullName: `${id} ${n}`, namedAt: at(n) }))
    await Promise.all(
      Array.from({ length: engine === 'Postgres' ? 200 : 20 }, async (_, n) => {
        const some = n % 2 === 0 ? namings(n) : namings(n).reverse()
        if (n % 3 === 0) await store.users.seen(new Map([...ids].reverse().map((id) => [id, at(n)])))
        else await store.users.name(some)
      }),
    )
    t.equal((await store.users.names(ids)).length, ids.length)
  })
})
