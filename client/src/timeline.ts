import type { Message } from './protocol.js'

/** Messages that the list holds; one that grows by what is said may pass it by half before its oldest are let go. */
export const WINDOW = 400
const SLACK = WINDOW / 2

export type Timeline = ReturnType<typeof createTimeline>

const newer = (a: Message | undefined, b: Message): Message => (a && a.rev >= b.rev ? a : b)

/**
 * A window on the committed messages of one chat: ascending by `seq`, each once in its newest state, from `low` up to
 * `high`, and of bounded size. While it is at the end, what is said is added; scrolled up so far that the newest were let go,
 * it takes changes to what it holds, and pages from below and above.
 */
export function createTimeline() {
  let messages: readonly Message[] = []
  let low = 1
  let isAtEnd = true
  /** Changes that came while a page was on its way, which may be older than they are. By `seq`. */
  const aside = new Map<number, Message>()
  let loading = 0

  const highest = () => messages.at(-1)?.seq ?? low - 1

  function put(message: Message): void {
    const index = placeOf(message.seq)
    const held = messages[index]
    const isHeld = held?.seq === message.seq
    if (isHeld && held.rev >= message.rev) return
    messages = [...messages.slice(0, index), message, ...messages.slice(isHeld ? index + 1 : index)]
  }

  /** Where a message with this `seq` is, or belongs. */
  function placeOf(seq: number): number {
    let [from, to] = [0, messages.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if ((messages[middle]?.seq ?? 0) < seq) from = middle + 1
      else to = middle
    }
    return from
  }

  function dropOldest(): void {
    messages = messages.slice(-WINDOW)
    low = messages[0]?.seq ?? low
  }

  return {
    messages: () => messages,
    low: () => low,
    high: highest,
    isAtEnd: () => isAtEnd,
    has: (seq: number) => messages[placeOf(seq)]?.seq === seq,

    /** The newest messages of the chat, in any order; `lastSeq` is the chat's. */
    reset(newest: readonly Message[], lastSeq: number): void {
      messages = [...newest].sort((a, b) => a.seq - b.seq)
      low = messages[0]?.seq ?? lastSeq + 1
      isAtEnd = true
    },

    /** What an event or a join has brought. */
    take(message: Message): void {
      const { seq } = message
      if (loading > 0) aside.set(seq, newer(aside.get(seq), message))
      if (seq < low || (!isAtEnd && seq > highest())) return
      put(message)
      if (isAtEnd && messages.length > WINDOW + SLACK) dropOldest()
    },

    /** Brackets the loading of a page: what changes meanwhile is newer than what the page says. */
    async whileLoading(load: () => Promise<void>): Promise<void> {
      loading += 1
      try {
        await load()
      } finally {
        loading -= 1
        if (loading === 0) aside.clear()
      }
    },

    /** A page from just below `low` downwards. */
    addOlder(page: readonly Message[]): void {
      for (const message of page) put(newer(aside.get(message.seq), message))
      low = messages[0]?.seq ?? low
      if (messages.length <= WINDOW) return
      messages = messages.slice(0, WINDOW)
      isAtEnd = false
    },

    /** A page from just above `high` upwards; `lastSeq` is the chat's. */
    addNewer(page: readonly Message[], lastSeq: number): void {
      for (const message of page) put(newer(aside.get(message.seq), message))
      if (highest() >= lastSeq) isAtEnd = true
      if (messages.length > WINDOW) dropOldest()
    },

    /** The newest page in the place of all that was held; `lastSeq` is the chat's. */
    replace(page: readonly Message[], lastSeq: number): void {
      messages = page.map((message) => newer(aside.get(message.seq), message)).sort((a, b) => a.seq - b.seq)
      low = messages[0]?.seq ?? lastSeq + 1
      isAtEnd = highest() >= lastSeq
    },
  }
}
