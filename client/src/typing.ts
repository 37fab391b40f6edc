/** The server ends it by itself after five seconds: said again before that. */
const AGAIN_MS = 3_000
const IDLE_MS = 4_000
const LASTS_MS = 5_000

/** Tells others that one is typing: seldom, however often a key is pressed, and its end by itself. */
export function createTypingNotice(tell: (active: boolean) => void) {
  let toldAt = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function stop(): void {
    clearTimeout(timer)
    if (toldAt === 0) return
    toldAt = 0
    tell(false)
  }

  return {
    typed(): void {
      clearTimeout(timer)
      timer = setTimeout(stop, IDLE_MS)
      const now = Date.now()
      if (now - toldAt < AGAIN_MS) return
      toldAt = now
      tell(true)
    },
    stop,
  }
}

/** Who else is typing; each ends by itself when nothing more is heard. */
export function createTypists(onChange: () => void) {
  const timers = new Map<string, ReturnType<typeof setTimeout>>()

  function set(userId: string, active: boolean): void {
    const known = timers.get(userId)
    clearTimeout(known)
    timers.delete(userId)
    if (active)
      timers.set(
        userId,
        setTimeout(() => set(userId, false), LASTS_MS),
      )
    if (active !== (known !== undefined)) onChange()
  }

  return {
    set,
    has: (userId: string) => timers.has(userId),
    clear(): void {
      for (const userId of [...timers.keys()]) set(userId, false)
    },
  }
}
