export interface JobWorker {
  start(): void
  /** There may be a job: it need not wait for the next look. */
  wake(): void
  /** Takes no more jobs, and resolves when those under way are done. */
  stop(): Promise<void>
}

interface JobWorkerOptions<Job> {
  /** Takes up to `count` jobs that are due. Never rejects. */
  readonly take: (count: number) => Promise<readonly Job[]>
  /** Never rejects. */
  readonly perform: (job: Job) => Promise<void>
  readonly atOnce: number
  readonly pollMs: number
}

/**
 * Does the jobs of one queue, up to `atOnce` at a time, so that a slow one does not hold up the others. While there
 * are jobs enough it takes one after the other; when there are not it looks again in `pollMs`.
 */
export function createJobWorker<Job>({ take, perform, atOnce, pollMs }: JobWorkerOptions<Job>): JobWorker {
  const underWay = new Set<Promise<void>>()
  let looping = Promise.resolve()
  let isStopping = false
  let isWoken = false
  let endPause = () => {}

  function wake(): void {
    isWoken = true
    endPause()
  }

  async function loop(): Promise<void> {
    while (!isStopping) {
      // Before the look: who wakes us during it has perhaps added what it does not see.
      isWoken = false
      const free = atOnce - underWay.size
      const jobs = free > 0 ? await take(free) : []
      for (const job of jobs) begin(job)
      const mayTakeMore = free > 0 && jobs.length === free
      if (!mayTakeMore && !isWoken) await pause()
    }
  }

  function begin(job: Job): void {
    const done = perform(job).then(() => {
      if (underWay.size === atOnce) wake()
      underWay.delete(done)
    })
    underWay.add(done)
  }

  async function pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pollMs)
      endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  return {
    start() {
      looping = loop()
    },
    wake,
    async stop() {
      isStopping = true
      wake()
      await looping
      await Promise.all(underWay)
    },
  }
}
