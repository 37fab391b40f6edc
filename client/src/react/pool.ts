import type { Observable } from '../types.js'

/**
 * How long something is kept that no component on the screen uses. Long enough for a render to be committed, and for a
 * view that is left and come back to at once; a chat's own `close()` waits a moment as well.
 */
const KEEP_MS = 2_000

/** What can be watched, and is to be closed by whoever has opened it. */
export interface Closable extends Observable<unknown> {
  close(): void
}

export interface Pool<Held extends Closable> {
  get(key: string, open: () => Held): Held
  /** Holds it, and hears of its changes; returns what ends that. */
  use(key: string, open: () => Held, listener: () => void): () => void
}

interface Entry<Held> {
  readonly held: Held
  users: number
  timer: ReturnType<typeof setTimeout> | undefined
}

/**
 * Opens by key what components ask for, and closes it when none of them needs it any more. React may render without
 * ever showing the result, and twice in StrictMode: only `use`, called from an effect, holds on to something.
 */
export function createPool<Held extends Closable>(): Pool<Held> {
  const entries = new Map<string, Entry<Held>>()

  function entryOf(key: string, open: () => Held): Entry<Held> {
    const known = entries.get(key)
    if (known) return known
    const entry: Entry<Held> = { held: open(), users: 0, timer: undefined }
    entries.set(key, entry)
    letGo(key, entry)
    return entry
  }

  function letGo(key: string, entry: Entry<Held>): void {
    entry.timer = setTimeout(() => {
      entries.delete(key)
      entry.held.close()
    }, KEEP_MS)
  }

  return {
    get: (key, open) => entryOf(key, open).held,

    use(key, open, listener) {
      const entry = entryOf(key, open)
      clearTimeout(entry.timer)
      entry.users += 1
      const unsubscribe = entry.held.subscribe(listener)
      return () => {
        unsubscribe()
        entry.users -= 1
        if (entry.users === 0) letGo(key, entry)
      }
    },
  }
}
