import type { Message } from './protocol.js'
import type { ChatMessage, MessageStatus, Parley } from './types.js'

/** Committed messages as an application shows them. What has not changed stays the same object, so that it is not drawn again. */
export function createLister(user: () => Parley['user']) {
  const made = new WeakMap<Message, ChatMessage>()

  /** `readByOthers` is the highest read mark of the others. */
  return (message: Message, readByOthers: number): ChatMessage => {
    const isMine = message.sender.id === user()?.id
    const status: MessageStatus = !isMine ? 'received' : message.seq <= readByOthers ? 'read' : 'sent'
    const known = made.get(message)
    if (known?.status === status) return known
    // The key that it had while it was on its way.
    const key = (isMine && message.clientId) || message.id
    const listed: ChatMessage = { ...message, key, isMine, status, error: null }
    made.set(message, listed)
    return listed
  }
}
