import { until } from '../../engines/until.js'
import type { Client } from '../clients/client.js'
import { inParallel } from './in-parallel.js'

const ARRIVING_AT_ONCE = 100
const ARRIVAL_MS = 60_000

/** Connects them, not too many at once. Resolves when all stand in their chats. @throws when one does not in time */
export async function arrive(clients: readonly Client[]): Promise<void> {
  await inParallel(clients, ARRIVING_AT_ONCE, async (client) => {
    await client.start()
    await until('a session stands in its chats', client.isStanding, ARRIVAL_MS)
  })
}

/** A line every now and then, for somebody who waits, while the work goes on. */
export async function withProgress<Result>(
  print: (line: string) => void,
  describe: () => string,
  work: Promise<Result>,
): Promise<Result> {
  const timer = setInterval(() => print(describe()), 2_000)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}
