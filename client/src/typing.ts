/** The server ends it by itself after this, here and at the others'. */
const LASTS_MS = 5_000
/** So it is said again before that. */
const AGAIN_MS = 3_000

/** Tells others that one is typing: seldom, however often a key is pressed. */
export function createTypingNotice(tell: (active: boolean) => void) {
  let toldAt = 0

  return {
    notifyTyping(): void {
      const now = Date.now()
      if (now - toldAt < AGAIN_MS) return
      toldAt = now
      tell(true)
    },
    stopTyping(): void {
      if (toldAt > 0) tell(false)
      toldAt = 0
    },
  }
}

/** Who else is typing; each ends by itself when nothing more is heard. */
export function createTypists(onChange: () => void) {
  const timers = new Map<string, ReturnType<typeof setTimeout>>()

  function set(userId: string, active: boolean): void {
    clearTimeout(timers.get(userId))
    timers.delete(userId)
    if (active)
      timers.set(
        userId,
        setTimeout(() => set(userId, false), LASTS_MS),
      )
    onChange()
  }

  return {
    set,
    has: (userId: string) => timers.has(userId),
  }
}
