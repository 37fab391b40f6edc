import type { OutboxEntry, OutboxStore } from './types.js'

/**
 * The outbox in a browser's `localStorage`, an item for each message, so that two tabs never overwrite each other's. Both
 * may send what one of them has left: that makes one message.
 */
export function createLocalOutboxStore(storage: Storage): OutboxStore {
  const keyOf = (userId: string, clientId: string) => `parley:${encodeURIComponent(userId)}:${clientId}`

  return {
    load: (userId) =>
      Object.keys(storage)
        .filter((key) => key.startsWith(keyOf(userId, '')))
        .map((key): OutboxEntry => JSON.parse(storage.getItem(key) ?? '')),
    save(userId, clientId, entry) {
      if (entry) storage.setItem(keyOf(userId, clientId), JSON.stringify(entry))
      else storage.removeItem(keyOf(userId, clientId))
    },
  }
}
