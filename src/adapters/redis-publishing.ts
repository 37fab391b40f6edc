import { createBatch } from './batch.js'

/** Values of one command, two for each message: Redis does nothing else while it runs. */
const PUBLISH_CHUNK = 1000

/**
 * What is published within one turn goes together, in its order. `send` gets channels and payloads by turns; what it
 * cannot bring there is lost, as any message of the bus may be: the sweep of active chats finds it in Postgres.
 */
export function createPublishing(send: (values: readonly string[]) => Promise<void>) {
  return createBatch<string>((values) => {
    for (let start = 0; start < values.length; start += PUBLISH_CHUNK)
      send(values.slice(start, start + PUBLISH_CHUNK)).catch(() => {})
  })
}
