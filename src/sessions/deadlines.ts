/** Looks within the time: an item is late by a twentieth of it at most. */
const LOOKS = 20

/**
 * What has to be done within the same time each, the oldest first. One timer for all: nearly everything is done long
 * before, and a timer of its own, begun and ended, would cost a connection more than its token does.
 */
export function createDeadlines<Item>({
  withinMs,
  onLate,
}: {
  readonly withinMs: number
  readonly onLate: (item: Item) => void
}) {
  const begun = new Map<Item, number>()
  const timer = setInterval(() => {
    const now = Date.now()
    for (const [item, at] of begun) {
      if (now - at < withinMs) break
      begun.delete(item)
      onLate(item)
    }
  }, withinMs / LOOKS)
  timer.unref()

  return {
    begin(item: Item): void {
      begun.set(item, Date.now())
    },

    /** True when it was begun, and not late. */
    done(item: Item): boolean {
      return begun.delete(item)
    },

    close(): void {
      clearInterval(timer)
    },
  }
}
