/**
 * Work that is not done while somebody waits for it: kept in Postgres, done by one node of the cluster, and tried
 * again when it fails or its node dies. So a job may run twice, and its work must bear that.
 */
export interface JobQueue {
  /**
   * Creates the queue and has its jobs done here, a few at once, from `start` on; so it comes before `start`.
   * `work` is given data that perhaps another release has written: it checks it.
   */
  define(name: string, options: JobOptions, work: (data: unknown) => Promise<void>): void
  /** Adds a job. Rejects while Postgres is away. `afterSeconds`: not before then. */
  add(name: string, data: object, options?: { readonly afterSeconds?: number }): Promise<void>
  /** Does not wait for Postgres to be there: what cannot begin now begins when it can. */
  start(): void
  /** Begins no more jobs and waits for those under way, but not forever: what does not end is left to expire. */
  close(): Promise<void>
}

export interface JobOptions {
  /** How often a failed job is tried again. */
  readonly retries: number
  /** Seconds before the first time; each further wait is about twice as long. Whole seconds, at least 1. */
  readonly retrySeconds: number
  /** A job that runs for longer is taken for dead, which counts as failed. */
  readonly expireSeconds: number
  /** A job of this queue, with empty data, is made once in so many seconds by the cluster: an hour's at most. */
  readonly everySeconds?: number
}
