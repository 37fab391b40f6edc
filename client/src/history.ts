import type { Message, Page } from './protocol.js'
import type { Rest } from './rest.js'
import type { Timeline } from './timeline.js'

const PAGE = 50

export interface HistoryOptions {
  readonly chatId: string
  readonly rest: Rest
  readonly timeline: Timeline
  readonly changed: () => void
  /** Of the chat, as far as its events have said. */
  readonly lastSeq: () => number
  /** A page has brought this message. */
  readonly seen: (message: Message) => void
  /** There is nothing below what the timeline holds. */
  readonly atBeginning: () => void
}

/** Moves the timeline's window over the history, a page at a time, one page in each direction at once. */
export function createHistory({
  chatId,
  rest,
  timeline,
  changed,
  lastSeq,
  seen,
  atBeginning,
}: HistoryOptions) {
  let isLoadingOlder = false
  let isLoadingNewer = false

  async function page(query: string): Promise<Message[]> {
    const path = `/chats/${encodeURIComponent(chatId)}/messages?limit=${PAGE}${query}`
    const { data } = await rest.call<Page<Message>>('GET', path)
    for (const message of data) seen(message)
    return data
  }

  async function loadOlder(): Promise<void> {
    if (isLoadingOlder) return
    isLoadingOlder = true
    changed()
    try {
      await timeline.whileLoading(async () => {
        const low = timeline.low()
        const older = await page(`&before=${low}`)
        // Meanwhile the window has moved: the page does not fit to it.
        if (timeline.low() !== low) return
        timeline.addOlder(older)
        // Retention took the rest.
        if (older.length === 0) atBeginning()
      })
    } finally {
      isLoadingOlder = false
      changed()
    }
  }

  async function loadNewer(): Promise<void> {
    if (isLoadingNewer || timeline.isAtEnd()) return
    isLoadingNewer = true
    changed()
    try {
      await timeline.whileLoading(async () => {
        const high = timeline.high()
        const newer = await page(`&after=${high}`)
        if (timeline.high() === high) timeline.addNewer(newer, lastSeq())
      })
    } finally {
      isLoadingNewer = false
      changed()
    }
  }

  async function showNewest(): Promise<void> {
    if (timeline.isAtEnd()) return
    await timeline.whileLoading(async () => timeline.replace(await page(''), lastSeq()))
    changed()
    // Something was said while the page was on its way.
    if (!timeline.isAtEnd()) await loadNewer()
  }

  return {
    isLoadingOlder: () => isLoadingOlder,
    isLoadingNewer: () => isLoadingNewer,
    loadOlder,
    loadNewer,
    showNewest,
  }
}
