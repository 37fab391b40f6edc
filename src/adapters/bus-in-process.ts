import type { Bus } from '../ports/bus.js'

/** The bus of one node alone: what is published comes back, after the current turn, as it would from Redis. */
export function createInProcessBus(): Bus {
  const channels = new Set<string>()
  let listener: (channel: string, payload: Buffer) => void = () => {}

  return {
    up: true,
    publish(channel, payload) {
      if (!channels.has(channel)) return
      setImmediate(() => {
        if (channels.has(channel)) listener(channel, Buffer.from(payload))
      })
    },
    async subscribe(channel) {
      channels.add(channel)
    },
    unsubscribe(channel) {
      channels.delete(channel)
    },
    onMessage(given) {
      listener = given
    },
    onGap() {
      // Nothing is ever missed within one process.
    },
    async close() {
      channels.clear()
    },
  }
}
