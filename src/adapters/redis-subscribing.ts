import { createBatch } from './batch.js'

interface Asked {
  readonly channel: string
  readonly resolve: () => void
}

/**
 * Channels that are asked for within one turn are subscribed together. Whoever asked goes on in any case: of a
 * subscription that could not be made `onFailure` hears, and sees to it that it is made later.
 */
export function createSubscribing(
  subscribe: (channels: readonly string[]) => Promise<void>,
  onFailure: () => void,
): (channel: string) => Promise<void> {
  const ask = createBatch<Asked>(async (asked) => {
    await subscribe(asked.map(({ channel }) => channel)).catch(onFailure)
    for (const { resolve } of asked) resolve()
  })
  return (channel) => new Promise((resolve) => ask({ channel, resolve }))
}
