import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import PgBoss from 'pg-boss'
import type { Logger } from 'pino'
import { levelOf } from '../ports/database.js'
import type { JobOptions, JobQueue } from '../ports/job-queue.js'
import type { JobWorker } from './job-worker.js'
import { createPgBossWorker, type Execute } from './pg-boss-worker.js'
import { within } from './within.js'

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
  readonly execute: Execute
  readonly logger: Logger
  readonly pollMs?: number
  readonly maintenanceSeconds?: number
}

interface Queue {
  readonly options: JobOptions
  readonly worker: JobWorker
}

/** Jobs in the schema `pgboss` of the database, which pg-boss creates when it starts: docs/decisions/0007-job-queue.md. */
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
      db: { executeSql: async (text: string, values: unknown[] = []) => await execute(text, values) },
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
    const level = levelOf(error)
    if (level === 'warn' && performance.now() - warnedAt < WARN_EVERY_MS) return
    if (level === 'warn') warnedAt = performance.now()
    logger[level]({ error }, 'the job queue cannot get at its database')
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
      // Of nodes that make the schema at once all but one may fail, and find it made. A boss starts only once.
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

  return {
    define(name, options, work) {
      const { everySeconds = 0 } = options
      if (everySeconds > KEEP_SECONDS) throw new Error(`${name}: a job of its own at least once an hour`)
      const worker = createPgBossWorker({
        ...{ execute, name, options, work, pollMs, warn, logger },
        boss: () => boss,
      })
      queues.set(name, { options, worker })
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
