import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createPostgresDatabase } from '../../src/adapters/database-postgres.js'
import { openStore, type Store } from '../../src/store/store.js'
import { until } from '../helpers/clients.js'
import { createDatabaseLink } from '../helpers/database-link.js'
import { createDatabase } from '../helpers/postgres.js'
import { createPromise } from '../helpers/promise.js'
import { answers, silent, uniqueId } from '../helpers/stores.js'
import { createQueue, jobQueueContract, jobs, OPTIONS } from './job-queue.js'

await jobQueueContract(t, {
  async createPlace(t) {
    const { url } = await createDatabase(t)
    return { open: async () => await openStore(createPostgresDatabase(url, 4, silent)) }
  },
})

async function open(t: Test, url: string, poolSize = 4): Promise<Store> {
  const store = await openStore(createPostgresDatabase(url, poolSize, silent))
  t.teardown(async () => await store.close())
  return store
}

/** A store whose way to the database can be closed, and what its queue has logged. */
async function openLinked(t: Test) {
  const link = await createDatabaseLink(t, (await createDatabase(t)).url)
  const store = await open(t, link.url)
  t.teardown(link.restore)
  const lines: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) })
  return { link, store, lines, logger }
}

/** Those who come to it wait for each other, until all are there. */
function createGate(count: number): () => Promise<void> {
  const { promise, resolve } = createPromise()
  let arrived = 0
  return async () => {
    arrived += 1
    if (arrived === count) resolve()
    await promise
  }
}

t.test('of two nodes each does its part, and no job is done twice', async (t) => {
  const { url } = await createDatabase(t)
  const name = uniqueId('queue')
  const { promise, resolve } = createPromise()
  const stores = [await open(t, url), await open(t, url)]
  const done: number[][] = [[], []]
  const begun = new Set<number>()
  const queues = stores.map((store, node) => {
    const queue = createQueue(t, store)
    queue.define(name, OPTIONS, async (data) => {
      begun.add(node)
      if (begun.size === 2) resolve()
      await promise
      done[node]?.push(Object(data).n)
    })
    queue.start()
    return queue
  })
  const all = Array.from({ length: 40 }, (_, n) => n)
  await Promise.all(all.map(async (n) => await queues[0]?.add(name, { n })))
  await until(() => done.flat().length >= all.length, 'all are done')
  await Promise.all(queues.map(async (queue) => await queue.close()))
  t.strictSame(
    done.flat().sort((a, b) => a - b),
    all,
  )
})

t.test('the clock makes one job for all nodes', async (t) => {
  const { url } = await createDatabase(t)
  const name = uniqueId('queue')
  const store = await open(t, url)
  for (const node of [store, await open(t, url), await open(t, url)]) {
    const queue = createQueue(t, node)
    queue.define(name, { ...OPTIONS, everySeconds: 1 }, async () => {})
    queue.start()
  }
  await until(async () => (await jobs(store, name).catch(() => [])).length >= 4, 'it makes some')
  const { rows } = await store.execute(
    'select count(*) as jobs, count(distinct floor(extract(epoch from created_on))) as seconds from pgboss.job',
    [],
  )
  t.match(rows, [{ jobs: Number, seconds: Object(rows[0]).jobs }])
})

t.test('ten nodes begin at once on a new database', async (t) => {
  const { url } = await createDatabase(t)
  const name = uniqueId('queue')
  const errors: unknown[] = []
  let done = 0
  const stores = await Promise.all(Array.from({ length: 10 }, async () => await open(t, url, 1)))
  // Each has seen that there is nothing before the first makes it: the tables, and then the queue.
  const [tables, queue] = [createGate(stores.length), createGate(stores.length)]
  const queues = stores.map((store) => {
    const node = createQueue(t, {
      async execute(text, values) {
        if (text.includes('CREATE SCHEMA')) await tables()
        if (text.includes('SELECT pgboss.create_queue')) await queue()
        return await store.execute(text, values).catch((error) => {
          errors.push(error)
          throw error
        })
      },
    })
    node.define(name, OPTIONS, async () => {
      done += 1
    })
    node.start()
    return node
  })
  await Promise.all(queues.map(async (queue) => await queue.add(name, {})))
  await until(() => done === 10, 'all jobs are done')
  t.equal(errors.length, 9)
  for (const error of errors) t.match(error, { message: /already exists|duplicate key/ })
  // The one connection of each pool was that of the failed script.
  await Promise.all(stores.map(async (store) => await store.ping()))
})

t.test(
  'while the database is away nothing is added and little is said; when it returns jobs go on',
  async (t) => {
    const { link, store, lines, logger } = await openLinked(t)
    const name = uniqueId('queue')
    const done: unknown[] = []
    let refusals = 0
    const execute: Store['execute'] = async (text, values) =>
      await store.execute(text, values).catch((error) => {
        refusals += 1
        throw error
      })
    const queue = createQueue(t, { execute }, logger)
    queue.define(name, OPTIONS, async (data) => {
      done.push(data)
    })
    queue.start()
    await queue.add(name, { n: 1 }, { afterSeconds: 1 })
    await link.cut()
    await t.rejects(queue.add(name, { n: 2 }))
    await until(() => refusals > 10, 'it keeps looking')
    await link.restore()
    await answers(store)
    await queue.add(name, { n: 3 })
    await until(() => done.length === 2, 'both jobs are done')
    t.strictSame(new Set(done), new Set([{ n: 1 }, { n: 3 }]))
    t.strictSame(lines, [], 'of the absence the database itself has told')
  },
)

t.test('a job that is done while the database is away ends no process, and is done again', async (t) => {
  const { link, store, logger } = await openLinked(t)
  const name = uniqueId('queue')
  const begun = createPromise()
  const { promise, resolve } = createPromise()
  let attempts = 0
  const queue = createQueue(t, store, logger)
  queue.define(name, { ...OPTIONS, expireSeconds: 2 }, async () => {
    attempts += 1
    begun.resolve()
    await promise
  })
  queue.start()
  await queue.add(name, {})
  await begun.promise
  await link.cut()
  resolve()
  await t.rejects(store.ping())
  await link.restore()
  await answers(store)
  await until(async () => (await jobs(store, name))[0]?.state === 'completed', 'it is done')
  t.equal(attempts, 2)
})

t.test('a start without a database is a start when there is one', async (t) => {
  const { link, store, logger } = await openLinked(t)
  const name = uniqueId('queue')
  const done: unknown[] = []
  await link.cut()
  const queue = createQueue(t, store, logger)
  queue.define(name, OPTIONS, async (data) => {
    done.push(data)
  })
  queue.start()
  await t.rejects(queue.add(name, {}), { code: 'overloaded' })
  await link.restore()
  await until(
    async () =>
      await queue.add(name, { n: 1 }).then(
        () => true,
        () => false,
      ),
    'a job is taken',
  )
  await until(() => done.length > 0, 'it is done')
  t.strictSame(done, [{ n: 1 }])
})

t.test('a database that is away, or silent, does not keep a node from closing', async (t) => {
  for (const how of ['cut', 'freeze'] as const) {
    const { link, store, logger, lines } = await openLinked(t)
    const name = uniqueId('queue')
    const begun = createPromise()
    const { promise, resolve } = createPromise()
    const queue = createQueue(t, store, logger)
    queue.define(name, OPTIONS, async () => {
      begun.resolve()
      await promise
    })
    queue.start()
    await queue.add(name, {})
    await begun.promise
    await link[how]()
    resolve()
    await queue.close()
    t.strictSame(lines, [], 'nothing is left under way')
    await link.restore()
  }
})
