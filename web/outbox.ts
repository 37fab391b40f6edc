// One person's messages on their way out: in order, as often as it takes, and never twice.

import type { ConversationStore, Outgoing } from './conversation-store.js'
import { isDisconnect, isTemporary, pause, reasonOf, retryDelay } from './failures.js'
import type { Attachment, ClientFrame, SendAck } from './types.js'
import { readSendAck } from './wire.js'

export interface OutboxOptions {
  request(frame: ClientFrame): Promise<unknown>
  isOnline(): boolean
  /** By now this message should have come back as an event. */
  echoDue(store: ConversationStore, ack: SendAck): void
  notice(text: string): void
  changed(): void
}

export type Outbox = ReturnType<typeof createOutbox>

const MAX_CONTENT_BYTES = 8_192
const MAX_UNSENT = 50
// An own message is pushed within 5 s of its commit, even in the worst case; after this the page asks.
const ECHO_WITHIN_MS = 6_000

export const createOutbox = ({ request, isOnline, echoDue, notice, changed }: OutboxOptions) => {
  const sending = new Set<string>()

  const deliver = async (store: ConversationStore, line: Outgoing) => {
    const { clientId, content } = line
    const attachments = line.attachments.map(({ id }) => id)
    try {
      const reply = await request({ type: 'send', chatId: store.chatId, clientId, content, attachments })
      const ack = readSendAck(reply)
      store.acked(clientId, ack)
      setTimeout(() => echoDue(store, ack), ECHO_WITHIN_MS)
    } catch (error) {
      // Still queued. It may have arrived or not; the same clientId makes a second try harmless.
      if (isDisconnect(error)) return
      if (isTemporary(error)) await pause(retryDelay(error))
      else store.failed(clientId, reasonOf(error))
    }
  }

  /** One message after the other, so that what was written first is said first. */
  const flush = async (store: ConversationStore) => {
    if (sending.has(store.chatId)) return
    sending.add(store.chatId)
    try {
      for (let line = store.nextQueued(); line && isOnline(); line = store.nextQueued()) {
        await deliver(store, line)
        changed()
      }
    } finally {
      sending.delete(store.chatId)
    }
  }

  return {
    flush: (store: ConversationStore) => void flush(store),

    /** False when it is not taken, and the person has been told why. */
    send(store: ConversationStore, content: string, attachments: Attachment[]): boolean {
      if (new TextEncoder().encode(content).length > MAX_CONTENT_BYTES) {
        notice('That message is too long: at most 8 KB of text.')
        return false
      }
      if (store.unsentCount() >= MAX_UNSENT) {
        notice('Too many messages are still waiting to be sent.')
        return false
      }
      const startedAt = new Date().toISOString()
      store.startSend({ clientId: crypto.randomUUID(), content, attachments, startedAt })
      changed()
      void flush(store)
      return true
    },
  }
}
