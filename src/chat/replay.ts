import { z } from 'zod'
import { change } from '../protocol/objects.js'
import type { ChatRow } from '../store/chats.js'
import type { EventWindow, InWindow } from '../store/event-window.js'
import type { EventRow } from '../store/events.js'
import type { MessageRow } from '../store/messages.js'
import type { Store } from '../store/store.js'
import { type ChatEvent, changeEvent, MESSAGE_CHANGES, messageEvent } from './events.js'
import { createLane } from './lane.js'
import { toChat, toMessage } from './views.js'

/** Chats that are read together at most, and those that may wait for it. */
const BATCH = 100
const QUEUE = 100_000
/** Events of one read, of all its chats together and of one of them: a node that is further behind reads again. */
const EVENTS_PER_READ = 2000
const EVENTS_PER_CHAT = 500

/** A newer version of the service may have written a change that this one does not know: it is passed on. */
const anyChange = z.union([change, z.looseObject({ type: z.string() })])

interface Asked {
  readonly chatId: string
  readonly afterRev: number
}

/**
 * The events of chats told once more, from Postgres: for nodes that have found holes in their streams. Chats that are
 * asked for at the same time are read together: while Redis is away that is how events come from node to node.
 */
export function createReplay(store: Store) {
  const lane = createLane<Asked, ChatEvent[]>({ flush, batch: BATCH, queue: QUEUE })

  async function flush(asked: readonly Asked[]): Promise<ChatEvent[][]> {
    const rows = await store.chats.findAll([...new Set(asked.map(({ chatId }) => chatId))])
    const chats = new Map(rows.map((row) => [row.id, row]))
    const windows = asked.map((one) => toWindow(one, chats.get(one.chatId), asked.length))
    const [messages, events] = await Promise.all([
      store.messages.createdBetween(windows),
      store.events.between(windows),
    ])
    const changed = await store.messages.ofSeqs(
      events.flatMap(({ chat_id: chatId, seq }) => (seq === null ? [] : [{ chatId, seq }])),
    )
    return toEvents(windows, messages, events, changed)
  }

  return {
    /** Chats that wait to be read. */
    waiting: lane.waiting,

    /** The chat's next events after `rev`, one for each number, in order; fewer than there are when there are many. */
    async eventsAfter(chatId: string, rev: number): Promise<ChatEvent[]> {
      return await lane.push({ chatId, afterRev: rev })
    },
  }
}

export type Replay = ReturnType<typeof createReplay>

/** Empty when there is nothing to tell. */
function toWindow({ chatId, afterRev }: Asked, chat: ChatRow | undefined, asked: number): Window {
  const most = Math.min(EVENTS_PER_CHAT, Math.ceil(EVENTS_PER_READ / asked))
  const last = Math.max(afterRev, chat?.last_rev ?? 0)
  const stand = chat ?? { id: chatId, last_seq: 0, last_rev: afterRev }
  return { chat: stand, row: chat, afterRev, rev: Math.min(last, afterRev + most) }
}

/** In the order of `rev`. A message that was changed since is told as it is now, under each of its numbers. */
function toEvents(
  windows: readonly Window[],
  messages: readonly InWindow<MessageRow>[],
  events: readonly InWindow<EventRow>[],
  changed: readonly MessageRow[],
): ChatEvent[][] {
  const told: ChatEvent[][] = windows.map(() => [])
  const changedOf = new Map(changed.map((message) => [`${message.seq}:${message.chat_id}`, message]))
  for (const message of messages) told[message.item - 1]?.push(messageEvent(toMessage(message), message.rev))
  for (const event of events) {
    const chat = windows[event.item - 1]?.row
    const type = MESSAGE_CHANGES.find((one) => one === event.kind)
    const message = changedOf.get(`${event.seq}:${event.chat_id}`)
    if (type !== undefined && message !== undefined)
      told[event.item - 1]?.push(messageEvent(toMessage(message), event.rev, type))
    else if (chat !== undefined)
      told[event.item - 1]?.push(
        changeEvent(toChat(chat), event.rev, anyChange.parse({ ...event.detail, type: event.kind })),
      )
  }
  for (const list of told) list.sort((a, b) => a.rev - b.rev)
  return told
}

interface Window extends EventWindow {
  /** Undefined for a chat that is not there. */
  readonly row: ChatRow | undefined
}
