import type { Logger } from 'pino'
import type { Bus } from '../ports/bus.js'
import { levelOf } from '../ports/database.js'
import { encodePush } from '../protocol/codec.js'
import { ACTIVITY_INTERVAL_MS, ACTIVITY_MEMBERS } from '../protocol/limits.js'
import type { Chat, Mine } from '../protocol/objects.js'
import type { Store } from '../store/store.js'
import { userChannel } from './channels.js'
import { archivedAt, toMessage } from './views.js'

/** How often it is looked which chats have activity to tell; a quiet chat's first message waits no longer. */
const TICK_MS = 100
/** Chats of one look into Postgres. */
const SLICE = 500

const ACTIVITY = '='
const ADDED = '+'
const REMOVED = '-'
type About = typeof ACTIVITY | typeof ADDED | typeof REMOVED

/** For all sessions of a user. */
export interface InboxPush {
  readonly frame: Buffer
  /** Set when it says that the user is no member of this chat any more. */
  readonly removedFrom: string | undefined
}

/**
 * What every session of a user is told whether it has joined the chat or not: an open inbox needs nothing else.
 * Best effort: a lost one is repaired by the next, or by `GET /chats`.
 */
export function createInbox({ store, bus, logger }: { store: Store; bus: Bus; logger: Logger }) {
  /** Chats whose newest message is another, or has changed, since they were last told. */
  const active = new Set<string>()
  /** Told within the last interval: not again before it is over. */
  const told = new Map<string, number>()
  let working = false
  const timer = setInterval(() => void tick(), TICK_MS)
  timer.unref()

  async function tick(): Promise<void> {
    const now = Date.now()
    for (const [chatId, at] of told) if (now - at >= ACTIVITY_INTERVAL_MS) told.delete(chatId)
    if (working) return
    const due = [...active].filter((chatId) => !told.has(chatId))
    for (const chatId of due) {
      active.delete(chatId)
      told.set(chatId, now)
    }
    working = true
    try {
      for (let start = 0; start < due.length; start += SLICE)
        await tellActivity(due.slice(start, start + SLICE))
    } catch (error) {
      logger[levelOf(error)]({ error }, 'chat activity could not be told yet')
      for (const chatId of due) active.add(chatId)
    } finally {
      working = false
    }
  }

  async function tellActivity(chatIds: readonly string[]): Promise<void> {
    // The messages first: who is no member any more when they have been read is told nothing of them.
    const messages = await store.messages.lastOf(chatIds)
    const views = await store.chats.views(chatIds, ACTIVITY_MEMBERS)
    for (const view of views) {
      const row = messages.get(view.id)
      if (row === undefined) continue
      const chat = { last_seq: row.seq }
      const push = encodePush('chat_activity', {
        chatId: view.id,
        lastMessage: toMessage(row),
        unread: Math.max(0, row.seq - view.last_read_seq),
        archivedAt: archivedAt(view, chat),
      })
      publish(view.user_id, ACTIVITY, view.id, push)
    }
  }

  /** On a user's channel: what it is about, the chat, a line break, and the ready frame. */
  function publish(userId: string, about: About, chatId: string, frame: string): void {
    bus.publish(userChannel(userId), `${about}${chatId}\n${frame}`)
  }

  return {
    /** What came over the bus on a user's channel: the frame for the user's sessions. */
    receive(payload: Buffer): InboxPush {
      const end = payload.indexOf('\n')
      const about = payload.toString('utf8', 0, 1)
      const chatId = payload.toString('utf8', 1, end)
      // Another node has told it: once a second is for all nodes that have a session of one of the members.
      if (about === ACTIVITY) told.set(chatId, Date.now())
      return { frame: payload.subarray(end + 1), removedFrom: about === REMOVED ? chatId : undefined }
    },

    /** The chat has a new message, or its newest one has changed. */
    touch(chatId: string): void {
      active.add(chatId)
    },

    added(userId: string, chat: Chat, mine: Mine): void {
      publish(userId, ADDED, chat.id, encodePush('chat_added', { chat, mine }))
    },

    removed(userId: string, chatId: string): void {
      publish(userId, REMOVED, chatId, encodePush('removed', { chatId }))
    },

    close(): void {
      clearInterval(timer)
    },
  }
}

export type Inbox = ReturnType<typeof createInbox>
