import type { Observable } from './types.js'

/** A listener that throws is heard of by the page's own error handling, and takes nothing from the others. */
export function createListeners<Event = void>() {
  const listeners = new Set<(event: Event) => void>()

  return {
    /** Returns what ends it. */
    add(listener: (event: Event) => void): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    tell(event: Event): void {
      for (const listener of listeners)
        try {
          listener(event)
        } catch (error) {
          queueMicrotask(() => {
            throw error
          })
        }
    },
  }
}

export interface Observed<State> extends Observable<State> {
  /** Something that the state is made of has changed. */
  changed(): void
}

/**
 * A state that is made when it is asked for, and stays the same object until something changed. Listeners hear of many
 * changes in one go once.
 */
export function createObserved<State extends object>(make: () => State): Observed<State> {
  const { add, tell } = createListeners()
  let made: State | undefined
  let isDue = false

  return {
    get state() {
      made ??= make()
      return made
    },
    subscribe: add,
    changed() {
      made = undefined
      if (isDue) return
      isDue = true
      queueMicrotask(() => {
        isDue = false
        tell()
      })
    },
  }
}
