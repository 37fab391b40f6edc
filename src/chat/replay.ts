import { z } from 'zod'
import { change } from '../protocol/objects.js'
import type { Store } from '../store/store.js'
import { type ChatEvent, changeEvent, messageEvent } from './events.js'
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
      const [messages, changes] = await Promise.all([
        store.messages.createdBetween(chatId, rev, last),
        store.events.between(chatId, rev, last),
      ])
      const chat = toChat(row)
      return [
        // A message that was changed since is told as it is now, under the number that it came with.
        ...messages.map((message) => messageEvent(toMessage(message), message.rev)),
        ...changes.map((event) =>
          changeEvent(chat, event.rev, anyChange.parse({ ...event.detail, type: event.kind })),
        ),
      ].sort((a, b) => a.rev - b.rev)
    },
  }
}

export type Replay = ReturnType<typeof createReplay>
