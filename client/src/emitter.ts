type Listener<Event> = (event: Event) => void

/** Typed events. A listener that throws is heard of by the page's own error handling, and takes nothing from the others. */
export function createEmitter<Events>() {
  const listeners: { [T in keyof Events]?: Set<Listener<Events[T]>> } = {}

  return {
    on<T extends keyof Events>(type: T, listener: Listener<Events[T]>): () => void {
      const own = listeners[type] ?? new Set()
      listeners[type] = own
      own.add(listener)
      return () => void own.delete(listener)
    },

    emit<T extends keyof Events>(type: T, event: Events[T]): void {
      for (const listener of listeners[type] ?? []) call(() => listener(event))
    },
  }
}

export function call(listener: () => void): void {
  try {
    listener()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
