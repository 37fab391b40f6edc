import { call } from './emitter.js'
import type { Observable } from './types.js'

export interface Observed<State> extends Observable<State> {
  /** Something that the state is made of has changed. */
  changed(): void
}

/**
 * A state that is made when it is asked for, and stays the same object until something changed. Listeners hear of many
 * changes in one go once.
 */
export function createObserved<State>(make: () => State): Observed<State> {
  const listeners = new Set<() => void>()
  let made: { state: State } | undefined
  let isDue = false

  function tell(): void {
    isDue = false
    for (const listener of listeners) call(listener)
  }

  return {
    get state() {
      made ??= { state: make() }
      return made.state
    },
    subscribe(listener) {
      // Wrapped: the same function subscribed twice is heard twice, and ended apart.
      const own = () => listener()
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    changed() {
      made = undefined
      if (isDue) return
      isDue = true
      queueMicrotask(tell)
    },
  }
}
