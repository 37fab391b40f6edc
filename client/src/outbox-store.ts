import type { OutboxEntry, OutboxStore } from './types.js'

const PREFIX = 'parley.outbox'

/**
 * The outbox in a browser's `localStorage`, an item for each message, so that two tabs never overwrite each other's. Both
 * may send what one of them has left: that makes one message.
 */
export function createLocalOutboxStore(storage: Storage): OutboxStore {
  const folderOf = (userId: string) => `${PREFIX}:${encodeURIComponent(userId)}:`

  return {
    load(userId) {
      const folder = folderOf(userId)
      const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '')
      return keys.filter((key) => key.startsWith(folder)).flatMap((key) => read(storage.getItem(key)))
    },
    put: (userId, entry) => storage.setItem(folderOf(userId) + entry.clientId, JSON.stringify(entry)),
    remove: (userId, clientId) => storage.removeItem(folderOf(userId) + clientId),
  }
}

function read(text: string | null): OutboxEntry[] {
  try {
    const entry: OutboxEntry = JSON.parse(text ?? '')
    return typeof entry.clientId === 'string' && typeof entry.chatId === 'string' ? [entry] : []
  } catch {
    return []
  }
}

/** Undefined where there is none, or where the browser forbids it to this page. */
export function localOutboxStore(): OutboxStore | undefined {
  try {
    return createLocalOutboxStore(localStorage)
  } catch {
    return undefined
  }
}
