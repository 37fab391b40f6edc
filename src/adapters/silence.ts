import { within } from './within.js'

/** A paused or unreachable Redis raises no error by itself: both connections are asked this often, … */
const WATCH_MS = 500
/** … and given up when they do not answer: in time for what they lose to be read from Postgres within 2 s (P5). */
export const ANSWER_MS = 1000

/** A connection to a server: how it is asked, and what has come from it so far. */
interface Watched {
  readonly ping: () => Promise<unknown>
  readonly signs: () => number
}

/** Looks, while it is connected, whether one of the connections to a server is silent. Gives what ends the watch. */
export function watchForSilence(
  connections: readonly Watched[],
  isConnected: () => boolean,
  onSilence: () => void,
): () => void {
  const watch = setInterval(async () => {
    if (!isConnected()) return
    const silent = await Promise.all(connections.map(isSilent))
    if (silent.includes(true)) onSilence()
  }, WATCH_MS)
  watch.unref()
  return () => clearInterval(watch)
}

/**
 * Whether nothing comes from the other side for that long. One that has much to do answers a ping late, behind all that
 * it was sent before, and is not silent: `signs` counts what else has come from it. Rejects never.
 */
async function isSilent({ ping, signs }: Watched): Promise<boolean> {
  const before = signs()
  return await within(ANSWER_MS, ping()).then(
    () => false,
    () => signs() === before,
  )
}
