import type PgBoss from 'pg-boss'
import type { Logger } from 'pino'
import type { JobOptions } from '../ports/job-queue.js'
import { createJobWorker, type JobWorker } from './job-worker.js'
import { within } from './within.js'

/** Jobs of one queue that a node does at once. */
const AT_ONCE = 4

/** One statement with its values, or a script of several with none. */
export type Execute = (text: string, values: readonly unknown[]) => Promise<{ rows: unknown[] }>
type Job = PgBoss.JobWithMetadata<object>

interface PgBossWorkerOptions {
  /** The one of this moment. */
  readonly boss: () => PgBoss
  readonly execute: Execute
  readonly name: string
  readonly options: JobOptions
  readonly work: (data: unknown) => Promise<void>
  readonly pollMs: number
  /** Told when the database does not answer. */
  readonly warn: (error: unknown) => void
  readonly logger: Logger
}

/**
 * Does the jobs of one queue of pg-boss; those of the clock it makes too. Not by pg-boss' own worker and clock: they
 * do not wait for a job's end to be written down, so that ends the process when Postgres is away just then.
 */
export function createPgBossWorker({
  boss,
  execute,
  name,
  options: { expireSeconds, everySeconds },
  work,
  pollMs,
  warn,
  logger,
}: PgBossWorkerOptions): JobWorker {
  let dueAt = 0

  /** Every node tries: pg-boss takes one job for each span of time. */
  async function makeDueJob(): Promise<void> {
    if (everySeconds === undefined || performance.now() < dueAt) return
    await boss().send(name, {}, { singletonSeconds: everySeconds })
    dueAt = performance.now() + everySeconds * 1000
  }

  async function take(count: number): Promise<readonly Job[]> {
    try {
      await makeDueJob()
      return await boss().fetch(name, { batchSize: count, includeMetadata: true, db: watched })
    } catch (error) {
      warn(error)
      return []
    }
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

  async function perform(job: Job): Promise<void> {
    try {
      await within(expireSeconds * 1000, work(job.data))
    } catch (error) {
      const isLast = job.retryCount >= job.retryLimit
      logger.warn({ queue: name, job: job.id, error }, isLast ? 'a job is given up' : 'a job has failed')
      await boss()
        .fail(name, job.id, { message: String(error) })
        .catch(warn)
      return
    }
    // What cannot be written down now is done again when it has expired.
    await boss().complete(name, job.id).catch(warn)
  }

  return createJobWorker({ take, perform, atOnce: AT_ONCE, pollMs })
}
