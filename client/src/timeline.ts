import type { Message } from './protocol.js'

/** Messages that the list holds; one that grows by what is said may pass it by half before its oldest are let go. */
export const WINDOW = 200
const SLACK = WINDOW / 2

/** Asks for the page next to this `seq`, the newest first. */
type Page = (seq: number) => Promise<readonly Message[]>

export type Timeline = ReturnType<typeof createTimeline>

/**
 * A window on the committed messages of one chat: ascending by `seq`, each once in its newest state, from `low` up to
 * `high`, and of bounded size. While it is at the end, what is said is added; scrolled up so far that the newest were let go,
 * it takes changes to what it holds, and pages from below and above. `seen` hears of all that it takes.
 */
export function createTimeline(seen: (messages: readonly Message[]) => void) {
  let messages: readonly Message[] = []
  let low = 1
  /** The `seq` of the newest message that was heard of, held or not. */
  let newest = 0
  let isAtEnd = true
  /** Changes that came while a page was on its way, which may be older than they are. By `seq`. */
  const aside = new Map<number, Message>()
  let loading: Promise<void> | undefined

  const high = () => messages.at(-1)?.seq ?? low - 1

  function put(given: readonly Message[]): void {
    const bySeq = new Map(messages.map((message) => [message.seq, message]))
    for (const message of given) {
      const held = bySeq.get(message.seq)
      if (!held || held.rev < message.rev) bySeq.set(message.seq, message)
    }
    messages = [...bySeq.values()].sort((a, b) => a.seq - b.seq)
    seen(given)
  }

  function keepNewest(): void {
    messages = messages.slice(-WINDOW)
    low = messages[0]?.seq ?? low
  }

  /** What an event or a join has brought. */
  function take(taken: readonly Message[]): void {
    for (const message of taken) {
      newest = Math.max(newest, message.seq)
      if (loading) aside.set(message.seq, message)
    }
    put(taken.filter(({ seq }) => seq >= low && (isAtEnd || seq <= high())))
    if (isAtEnd && messages.length > WINDOW + SLACK) keepNewest()
  }

  async function add(edge: () => number, page: Page): Promise<void> {
    const before = edge()
    const given = await page(before)
    // Meanwhile the window has moved: the page does not fit to it.
    if (edge() !== before) return
    put(given)
    const isNewer = edge === high
    if (isNewer) isAtEnd = high() >= newest
    // Where nothing was below, retention has taken it.
    else low = given.at(-1)?.seq ?? 0
    take([...aside.values()])
    if (isNewer) keepNewest()
    else {
      if (messages.length > WINDOW) isAtEnd = false
      messages = messages.slice(0, WINDOW)
    }
  }

  return {
    messages: () => messages,
    low: () => low,
    high,
    isAtEnd: () => isAtEnd,
    isLoading: () => loading !== undefined,

    take,

    /** Begins anew, with the newest messages. */
    reset(given: readonly Message[]): void {
      messages = []
      put(given)
      low = messages[0]?.seq ?? 1
      newest = high()
      isAtEnd = true
    },

    /** A page of what is next to `edge`; the one that is on its way, where there is one. */
    load(edge: () => number, page: Page): Promise<void> {
      loading ??= add(edge, page).finally(() => {
        loading = undefined
        aside.clear()
      })
      return loading
    },
  }
}
