const EVERY_MS = 2_000
const STOPS_AFTER_MS = 3_000

/** Tells the others that somebody types, now and then while they do, and that they have stopped. */
export const createTypingNotice = (notify: (active: boolean) => void) => {
  let sentAt = 0
  let stopTimer: number | undefined

  const stop = () => {
    clearTimeout(stopTimer)
    if (sentAt === 0) return
    sentAt = 0
    notify(false)
  }

  return {
    stop,
    typed(text: string) {
      if (text.trim() === '') {
        stop()
        return
      }
      clearTimeout(stopTimer)
      stopTimer = setTimeout(stop, STOPS_AFTER_MS)
      if (Date.now() - sentAt < EVERY_MS) return
      sentAt = Date.now()
      notify(true)
    },
  }
}
