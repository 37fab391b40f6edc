import { z } from 'zod'
import { change } from '../protocol/objects.js'
import type { EventRow } from '../store/events.js'
import type { Store } from '../store/store.js'
import { type ChatEvent, changeEvent, MESSAGE_CHANGES, messageEvent } from './events.js'
import { toChat, toMessage } from './views.js'

/** Events of one read: a node that is further behind reads again. */
const EVENTS_PER_READ = 500

/** A newer version of the service may have written a change that this one does not know: it is passed on. */
const anyChange = z.union([change, z.looseObject({ type: z.string() })])

/** The events of a chat told once more, from Postgres: for a node that has found a hole in its stream. */
export function createReplay(store: Store) {
  return {
    /** The chat's next events after `rev`, one for each number, in order; fewer than there are when there are many. */
    async eventsAfter(chatId: string, rev: number): Promise<ChatEvent[]> {
      const row = await store.chats.find(chatId)
      if (row === undefined || row.last_rev <= rev) return []
      const last = Math.min(row.last_rev, rev + EVENTS_PER_READ)
      const [messages, events] = await Promise.all([
        store.messages.createdBetween(row, rev, last),
        store.events.between(chatId, rev, last),
      ])
      const changed = new Map(
        (await store.messages.ofSeqs(chatId, changedSeqs(events))).map((message) => [message.seq, message]),
      )
      const chat = toChat(row)
      return [
        // A message that was changed since is told as it is now, under the number that it came with.
        ...messages.map((message) => messageEvent(toMessage(message), message.rev)),
        ...events.map((event) => {
          const type = MESSAGE_CHANGES.find((one) => one === event.kind)
          const message = changed.get(event.seq ?? 0)
          return type !== undefined && message !== undefined
            ? messageEvent(toMessage(message), event.rev, type)
            : changeEvent(chat, event.rev, anyChange.parse({ ...event.detail, type: event.kind }))
        }),
      ].sort((a, b) => a.rev - b.rev)
    },
  }
}

export type Replay = ReturnType<typeof createReplay>

/** The messages that the events have changed, each once, however often it was. */
function changedSeqs(events: readonly EventRow[]): number[] {
  return [...new Set(events.map(({ seq }) => seq).filter((seq) => seq !== null))]
}
