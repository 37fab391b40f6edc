import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** What the thread says: where it listens, and what it has counted since it was last asked. */
export type Report =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'counts'; readonly counts: readonly (readonly [head: string, count: number])[] }

/**
 * A way to Postgres that counts the statements which go through it, by how they begin. It is in a thread of its own:
 * the node behind it must not wait for the clients that we are as well.
 */
export async function createStatementCounter(farPort: number) {
  const worker = new Worker(new URL('./statements-thread.ts', import.meta.url), { workerData: { farPort } })

  async function next(): Promise<Report> {
    const [report]: Report[] = await once(worker, 'message')
    if (report === undefined) throw new Error('the thread has said nothing')
    return report
  }

  const listening = await next()
  if (listening.kind !== 'listening') throw new Error('the thread does not listen')

  return {
    port: listening.port,
    /** How often each was run since the last time, the most frequent first. */
    async take(): Promise<{ text: string; count: number }[]> {
      worker.postMessage('take')
      const report = await next()
      if (report.kind !== 'counts') throw new Error('the thread has not counted')
      return report.counts
        .map(([text, count]) => ({ text, count }))
        .sort((one, other) => other.count - one.count)
    },
    end: async () => void (await worker.terminate()),
  }
}

export type StatementCounter = Awaited<ReturnType<typeof createStatementCounter>>
