/**
 * Work that is not done while somebody waits for it: kept in Postgres, done by one node of the cluster, and tried
 * again when it fails or its node dies. So a job may run twice, and its work must bear that.
 */
export interface JobQueue {
  /** Creates the queue and, from now on, has its jobs done here. Before `start`. */
  define<Data extends object>(name: string, options: JobOptions, work: (data: Data) => Promise<void>): void
  /** Adds a job. Rejects while Postgres is away. `afterSeconds`: not before then. */
  add<Data extends object>(
    name: string,
    data: Data,
    options?: { readonly afterSeconds?: number },
  ): Promise<void>
  /** Does not wait for Postgres to be there: what cannot begin now begins when it can. */
  start(): void
  /** Waits for the jobs under way. */
  close(): Promise<void>
}

export interface JobOptions {
  /** How often a failed job is tried again, and the seconds before the first time; each further wait is twice as long. */
  readonly retries: number
  readonly retrySeconds: number
  /** A job that runs for longer is taken for dead. */
  readonly expireSeconds: number
  /** A job of this queue is made by the clock (cron, UTC, by the minute), with empty data. */
  readonly cron?: string
}
