import type { Observable } from 'parley'
import { useCallback, useSyncExternalStore } from 'react'

/** One value that can be watched. */
export interface Cell<T> extends Observable<T> {
  set(next: T): void
}

export function createCell<T>(initial: T): Cell<T> {
  const listeners = new Set<() => void>()
  let state = initial
  return {
    get state() {
      return state
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    set(next) {
      if (Object.is(state, next)) return
      state = next
      for (const listener of listeners) listener()
    },
  }
}

export function useObservable<T>(observable: Observable<T>): T {
  const subscribe = useCallback((listener: () => void) => observable.subscribe(listener), [observable])
  return useSyncExternalStore(subscribe, () => observable.state)
}
