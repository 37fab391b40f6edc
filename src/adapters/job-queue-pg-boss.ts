import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import PgBoss from 'pg-boss'
import type { Logger } from 'pino'
import type { JobOptions, JobQueue } from '../ports/job-queue.js'
import { createJobWorker, type JobWorker } from './job-worker.js'

/** Jobs of one queue that a node does at once. */
const AT_ONCE = 4
/** A job added here is begun at once: this is for those of other nodes, and those that had to wait. */
const POLL_MS = 2000
/** How often the cluster looks for jobs that have expired, and clears away. */
const MAINTENANCE_SECONDS = 60
/** Jobs that are over stay for so long among the others, where each look of the maintenance reads them all… */
const KEEP_SECONDS = 3600
/** …and then for so long in an archive, where one can see what became of them. */
const ARCHIVE_DAYS = 1
const CLOSE_MS = 10_000
const WARN_EVERY_MS = 60_000

interface PgBossOptions {
  /** One statement with its values, or a script of several with none. */
  readonly execute: (text: string, values: readonly unknown[]) => Promise<{ rows: unknown[] }>
  readonly logger: Logger
  readonly pollMs?: number
  readonly maintenanceSeconds?: number
}

interface Queue {
  readonly options: JobOptions
  readonly worker: JobWorker
}

/**
 * Jobs in the schema `pgboss` of the database, which pg-boss creates when it starts. Its SQL and its tables are what
 * we use; its worker and its clock leave promises to themselves that reject, and end the process, when Postgres goes
 * away in the wrong moment, and its worker takes one job in two seconds (docs/decisions/0007-job-queue.md).
 */
export function createPgBossJobQueue({
  execute,
  logger,
  pollMs = POLL_MS,
  maintenanceSeconds = MAINTENANCE_SECONDS,
}: PgBossOptions) {
  const queues = new Map<string, Queue>()
  const closing = new AbortController()
  let boss = createBoss()
  let attempt = Promise.resolve()
  let starting = Promise.resolve()
  let warnedAt = Number.NEGATIVE_INFINITY

  function createBoss(): PgBoss {
    const made = new PgBoss({
      db: { executeSql: async (text: string, values?: unknown[]) => await execute(text, values ?? []) },
      schedule: false,
      maintenanceIntervalSeconds: maintenanceSeconds,
      archiveCompletedAfterSeconds: KEEP_SECONDS,
      deleteAfterDays: ARCHIVE_DAYS,
    })
    made.on('error', warn)
    return made
  }

  /** While Postgres is away each look fails: one line a minute says it. */
  function warn(error: unknown): void {
    if (performance.now() - warnedAt < WARN_EVERY_MS) return
    warnedAt = performance.now()
    logger.warn({ error }, 'the job queue cannot get at its database')
  }

  async function startWhenPossible(): Promise<void> {
    while (!closing.signal.aborted) {
      attempt = prepare()
      try {
        await attempt
        if (!closing.signal.aborted) for (const { worker } of queues.values()) worker.start()
        return
      } catch (error) {
        warn(error)
        await boss.stop({ graceful: false })
        boss = createBoss()
        await delay(pollMs, undefined, { signal: closing.signal }).catch(() => {})
      }
    }
  }

  async function prepare(): Promise<void> {
    await boss.start().catch(async () => {
      // Of nodes that make the schema at once all but one may fail, and find it made.
      boss = createBoss()
      await boss.start()
    })
    for (const [name, { options }] of queues) {
      await execute(queueScript(name), [])
      await boss.updateQueue(name, {
        name,
        retryLimit: options.retries,
        retryDelay: options.retrySeconds,
        retryBackoff: true,
        expireInSeconds: options.expireSeconds,
      })
    }
  }

  function createWorker(name: string, { expireSeconds, everySeconds }: JobOptions, work: Work): JobWorker {
    let dueAt = 0

    /** Every node tries: pg-boss takes one job for each span of time. */
    async function makeDueJob(): Promise<void> {
      if (everySeconds === undefined || performance.now() < dueAt) return
      await boss.send(name, {}, { singletonSeconds: everySeconds })
      dueAt = performance.now() + everySeconds * 1000
    }

    async function take(count: number): Promise<readonly Job[]> {
      try {
        await makeDueJob()
        return await boss.fetch(name, { batchSize: count, includeMetadata: true, db: watched })
      } catch (error) {
        warn(error)
        return []
      }
    }

    async function perform(job: Job): Promise<void> {
      try {
        await within(expireSeconds * 1000, work(job.data))
      } catch (error) {
        const isLast = job.retryCount >= job.retryLimit
        logger.warn({ queue: name, job: job.id, error }, isLast ? 'a job is given up' : 'a job has failed')
        await boss.fail(name, job.id, { message: String(error) }).catch(warn)
        return
      }
      await boss.complete(name, job.id).catch(warn)
    }

    return createJobWorker({ take, perform, atOnce: AT_ONCE, pollMs })
  }

  /** `fetch` keeps its errors to itself. */
  const watched = {
    async executeSql(text: string, values: unknown[]) {
      try {
        return await execute(text, values)
      } catch (error) {
        warn(error)
        throw error
      }
    },
  }

  return {
    define(name, options, work) {
      const { everySeconds = 0 } = options
      if (everySeconds > KEEP_SECONDS) throw new Error(`${name}: a job of its own at least once an hour`)
      queues.set(name, { options, worker: createWorker(name, options, work) })
    },

    async add(name, data, { afterSeconds = 0 } = {}) {
      // In the first moments of a new database its tables are still being made.
      await attempt.catch(() => {})
      const id = await boss.send(name, data, { startAfter: afterSeconds })
      if (id === null) throw new Error(`there is no job queue ${name}`)
      if (afterSeconds === 0) queues.get(name)?.worker.wake()
    },

    start() {
      starting = startWhenPossible()
    },

    async close() {
      closing.abort()
      const workers = [...queues.values()].map(({ worker }) => worker.stop())
      const stopped = starting.then(async () => await boss.stop({ graceful: false }))
      await within(CLOSE_MS, Promise.all([stopped, ...workers])).catch((error: unknown) =>
        logger.warn({ error }, 'jobs are left under way'),
      )
    },
  } satisfies JobQueue
}

type Work = (data: unknown) => Promise<void>
type Job = PgBoss.JobWithMetadata<object>

/**
 * Makes the queue where it is not there yet. Two nodes that call pg-boss' own `createQueue` at once lock each other
 * out: each has written to the table of queues when it wants that table for itself. So that comes first.
 */
function queueScript(name: string): string {
  return `BEGIN;
    LOCK TABLE pgboss.queue IN SHARE ROW EXCLUSIVE MODE;
    SELECT pgboss.create_queue(${pg.escapeLiteral(name)}, '{}');
    COMMIT`
}

/** @throws when `work` takes longer than that */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController()
  const tooLong = delay(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`not done in ${ms} ms`)
  })
  try {
    await Promise.race([work, tooLong])
  } finally {
    timer.abort()
  }
}
