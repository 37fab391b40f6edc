import { Worker } from 'node:worker_threads'
import type { DialectName } from '../dialects/index.js'
import { addUp, type Heard } from './figures.js'
import type { Arrival, Order, Report, Seat, Talk, ThreadData } from './orders.js'

export interface GeneratorOptions {
  readonly dialect: DialectName
  readonly threads: number
}

/** The clients of a run, in threads of their own. */
export function createGenerator({ dialect, threads }: GeneratorOptions) {
  const workers = Array.from(
    { length: threads },
    () =>
      new Worker(new URL('./thread.ts', import.meta.url), { workerData: { dialect } satisfies ThreadData }),
  )
  let failure: Error | undefined
  for (const worker of workers) worker.on('error', (error) => (failure = error))

  function order(worker: Worker, what: Order): void {
    if (failure !== undefined) throw failure
    worker.postMessage(what)
  }

  /** Resolves with the next report of that kind. */
  function next<Kind extends Report['kind']>(
    worker: Worker,
    kind: Kind,
    meanwhile: (report: Report) => void = () => {},
  ): Promise<Extract<Report, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      const failed = (error: Error) => reject(error)
      const listen = (report: Report) => {
        meanwhile(report)
        if (!isOf(report, kind)) return
        worker.off('message', listen)
        worker.off('error', failed)
        resolve(report)
      }
      worker.on('message', listen)
      worker.once('error', failed)
    })
  }

  async function ask(kind: 'count' | 'tell'): Promise<Heard> {
    const told = workers.map(async (worker) => {
      const done = next(worker, 'counts')
      order(worker, { kind })
      return (await done).counts
    })
    return addUp(await Promise.all(told))
  }

  return {
    /** Connects them, each into its chats. Resolves when all stand, or have failed; gives how many have. */
    async arrive(
      seats: readonly Seat[],
      arrival: Arrival,
      onProgress: (standing: number) => void = () => {},
    ): Promise<number> {
      const standing = workers.map(() => 0)
      const arrived = workers.map(async (worker, index) => {
        const done = next(worker, 'arrived', (report) => {
          if (report.kind !== 'standing') return
          standing[index] = report.standing
          onProgress(standing.reduce((sum, one) => sum + one, 0))
        })
        const own = seats.filter((_, place) => place % workers.length === index)
        order(worker, { kind: 'arrive', seats: own, arrival })
        return (await done).failed
      })
      return (await Promise.all(arrived)).reduce((sum, failed) => sum + failed, 0)
    },

    talk(talk: Talk): void {
      for (const worker of workers)
        order(worker, { kind: 'talk', talk: { ...talk, loop: shareOf(talk.loop, workers.length) } })
    },

    hush(): void {
      for (const worker of workers) order(worker, { kind: 'hush' })
    },

    /** What was heard until now; durations are measured anew from here on. */
    count: async (): Promise<Heard> => await ask('count'),

    tell: async (): Promise<Heard> => await ask('tell'),

    async part(): Promise<void> {
      await Promise.all(
        workers.map(async (worker) => {
          const done = next(worker, 'parted')
          order(worker, { kind: 'part' })
          await done
        }),
      )
    },

    async end(): Promise<void> {
      await Promise.all(workers.map(async (worker) => await worker.terminate()))
    },
  }
}

export type Generator = ReturnType<typeof createGenerator>

/** Speakers are shared by the threads as the sessions are, and so is the rate. */
function shareOf(loop: Talk['loop'], of: number): Talk['loop'] {
  return loop.kind === 'closed' ? loop : { kind: 'open', perSecond: loop.perSecond / of }
}

function isOf<Kind extends Report['kind']>(
  report: Report,
  kind: Kind,
): report is Extract<Report, { kind: Kind }> {
  return report.kind === kind
}
