import { isDeepStrictEqual } from 'node:util'
import type { Test } from 'tap'
import { z } from 'zod'
import { createPgBossJobQueue } from '../../src/adapters/job-queue-pg-boss.js'
import type { Store } from '../../src/store/store.js'
import { until } from '../helpers/clients.js'
import { createPromise } from '../helpers/promise.js'
import { silent, uniqueId } from '../helpers/stores.js'

export interface JobDatabase {
  /** A place for one database, empty; each call of `open` opens that same one. */
  createPlace(t: Test): Promise<{ open(): Promise<Store> }>
}

/** Once, and soon again: a job that fails is not given up at the first time. */
export const OPTIONS = { retries: 1, retrySeconds: 1, expireSeconds: 60 }

/** The queue of one node, closed at the test's end; it looks often. */
export function createQueue(t: Test, store: Pick<Store, 'execute'>, logger = silent) {
  const queue = createPgBossJobQueue({ execute: store.execute, logger, pollMs: 50, maintenanceSeconds: 1 })
  t.teardown(async () => await queue.close())
  return queue
}

const jobRow = z.object({ state: z.string(), waited: z.number(), retries: z.number() })

/** What the database says of the jobs of a queue: the first time to be done, in seconds after it was added. */
export async function jobs(store: Store, queue: string): Promise<z.infer<typeof jobRow>[]> {
  const { rows } = await store.execute(
    `select state::text as state, retry_count as retries,
      extract(epoch from coalesce(started_on, now()) - created_on)::float8 as waited
    from pgboss.job where name = $1 order by created_on`,
    [queue],
  )
  return rows.map((row) => jobRow.parse(row))
}

/** The facts of src/ports/job-queue.ts, on every engine. */
export async function jobQueueContract(t: Test, database: JobDatabase): Promise<void> {
  const store = await (await database.createPlace(t)).open()
  t.teardown(async () => await store.close())
  const before = await ownNames(store)
  const states = async (queue: string) => (await jobs(store, queue)).map(({ state }) => state)

  t.test('a job is done once, with the data that it was given', async (t) => {
    const name = uniqueId('queue')
    const data = {
      text: `quote ' " \\ %_ $1 {a} żółw 🐢 \u{10ffff}`,
      list: [1, null, { deep: true }],
      none: null,
    }
    const done: unknown[] = []
    const queue = createQueue(t, store)
    queue.define(name, OPTIONS, async (given) => {
      done.push(given)
    })
    queue.start()
    await queue.add(name, data)
    await queue.add(name, { n: 2 })
    await until(async () => (await states(name)).every((state) => state === 'completed'), 'both are done')
    // Several are done at once: which ends first nobody promises.
    t.equal(done.length, 2)
    for (const given of [data, { n: 2 }]) t.ok(done.some((one) => isDeepStrictEqual(one, given)))
  })

  t.test('a job waits for its time', async (t) => {
    const name = uniqueId('queue')
    const queue = createQueue(t, store)
    queue.define(name, OPTIONS, async () => {})
    queue.start()
    await queue.add(name, {}, { afterSeconds: 1 })
    await until(async () => (await states(name))[0] === 'completed', 'it is done')
    t.ok(Number((await jobs(store, name))[0]?.waited) >= 1)
  })

  t.test(
    'a failed job is tried again, each wait longer than the one before, and then given up',
    async (t) => {
      const name = uniqueId('queue')
      const failedAt: Date[] = []
      const waits: number[] = []
      const queue = createQueue(t, store)
      queue.define(name, { retries: 2, retrySeconds: 1, expireSeconds: 60 }, async (data) => {
        if (z.object({ fails: z.boolean() }).parse(data).fails === false) return
        // By the clock of the database: when the last attempt ended, and since when this one was allowed.
        const { now, due } = await clock(store, name)
        const last = failedAt.at(-1)
        if (last !== undefined) waits.push((due.getTime() - last.getTime()) / 1000)
        failedAt.push(now)
        throw new Error('cannot be done')
      })
      queue.start()
      await queue.add(name, { fails: true })
      await until(async () => (await states(name)).includes('failed'), 'it is given up')
      await queue.add(name, { fails: false })
      await until(async () => (await states(name)).includes('completed'), 'the queue goes on')
      t.equal(failedAt.length, 3)
      const [first = 0, second = 0] = waits
      t.ok(first >= 1, `${first} s`)
      t.ok(second >= 2, `${second} s`)
    },
  )

  t.test('a job that takes too long has failed, and holds up nobody', async (t) => {
    const name = uniqueId('queue')
    const { promise, resolve } = createPromise()
    t.teardown(resolve)
    let attempts = 0
    const queue = createQueue(t, store)
    queue.define(name, { ...OPTIONS, expireSeconds: 1 }, async () => {
      attempts += 1
      if (attempts === 1) await promise
    })
    queue.start()
    await queue.add(name, {})
    await until(async () => (await states(name))[0] === 'completed', 'the second attempt does it')
    t.equal(attempts, 2)
  })

  t.test('a few are done at once, and never more', async (t) => {
    const name = uniqueId('queue')
    const { promise, resolve } = createPromise()
    let [underWay, most, done] = [0, 0, 0]
    const queue = createQueue(t, store)
    queue.define(name, OPTIONS, async () => {
      underWay += 1
      most = Math.max(most, underWay)
      if (underWay === 4) resolve()
      await promise
      await store.ping()
      underWay -= 1
      done += 1
    })
    queue.start()
    await Promise.all(Array.from({ length: 30 }, async () => await queue.add(name, {})))
    await until(() => done === 30, 'all are done')
    t.equal(most, 4)
  })

  t.test('what a node that has gone was about is done by another', async (t) => {
    const place = await database.createPlace(t)
    const name = uniqueId('queue')
    const begun = createPromise()
    const { promise, resolve } = createPromise()
    const store = await place.open()
    const one = createQueue(t, store)
    one.define(name, { ...OPTIONS, expireSeconds: 2 }, async () => {
      begun.resolve()
      await promise
    })
    one.start()
    await one.add(name, { n: 1 })
    await begun.promise
    // From here on it can say nothing of its job, neither that it is done nor that it has failed.
    await store.close()
    resolve()

    const other = await place.open()
    t.teardown(async () => await other.close())
    const two = createQueue(t, other)
    const done: unknown[] = []
    two.define(name, { ...OPTIONS, expireSeconds: 2 }, async (data) => {
      done.push(data)
    })
    two.start()
    await until(async () => (await jobs(other, name))[0]?.state === 'completed', 'it is done')
    t.strictSame(done, [{ n: 1 }])
    t.equal((await jobs(other, name))[0]?.retries, 1)
    await two.close()
  })

  t.test('closing waits for the job under way, and begins no other', async (t) => {
    const name = uniqueId('queue')
    const begun = createPromise()
    const { promise, resolve } = createPromise()
    const queue = createQueue(t, store)
    queue.define(name, OPTIONS, async () => {
      begun.resolve()
      await promise
    })
    queue.start()
    await queue.add(name, {})
    await begun.promise
    let isClosed = false
    const closing = queue.close().then(() => {
      isClosed = true
    })
    await queue.add(name, {})
    await store.ping()
    t.notOk(isClosed)
    resolve()
    await closing
    t.strictSame(await states(name), ['completed', 'created'])
  })

  t.test('the clock makes jobs, with empty data', async (t) => {
    const name = uniqueId('queue')
    const done: unknown[] = []
    const queue = createQueue(t, store)
    queue.define(name, { ...OPTIONS, everySeconds: 1 }, async (data) => {
      done.push(data)
    })
    queue.start()
    await until(() => done.length === 3, 'it comes again and again')
    t.strictSame(done, [{}, {}, {}])
    t.throws(() => queue.define('daily', { ...OPTIONS, everySeconds: 86_400 }, async () => {}), /daily/)
  })

  t.test('a job for nobody is refused', async (t) => {
    const queue = createQueue(t, store)
    queue.start()
    await t.rejects(queue.add('no-such-queue', {}), { message: 'there is no job queue no-such-queue' })
  })

  t.test('a queue that is there already takes the options of today', async (t) => {
    const name = uniqueId('queue')
    const before = createQueue(t, store)
    before.define(name, { ...OPTIONS, retries: 5 }, async () => {})
    before.start()
    await before.add(name, {}, { afterSeconds: 3600 })
    await before.close()
    const after = createQueue(t, store)
    after.define(name, { ...OPTIONS, retries: 7 }, async () => {})
    after.start()
    await after.add(name, {}, { afterSeconds: 3600 })
    const { rows } = await store.execute(
      'select retry_limit as retries from pgboss.job where name = $1 order by created_on',
      [name],
    )
    t.strictSame(rows, [{ retries: 5 }, { retries: 7 }])
  })

  t.test('our own schema is not touched', async (t) => {
    t.strictSame(await ownNames(store), before)
  })
}

/** All tables, indexes and the like of our own schema. */
async function ownNames(store: Store): Promise<unknown[]> {
  const { rows } = await store.execute(
    "select relname from pg_class where relnamespace = 'public'::regnamespace order by relname",
    [],
  )
  return rows
}

const clockRow = z.object({ now: z.date(), due: z.date() })

async function clock(store: Store, queue: string): Promise<z.infer<typeof clockRow>> {
  const { rows } = await store.execute(
    'select clock_timestamp() as now, start_after as due from pgboss.job where name = $1',
    [queue],
  )
  return clockRow.parse(rows[0])
}
