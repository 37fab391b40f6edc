import type { Outgoing } from './outbox.js'
import type { Message } from './protocol.js'
import type { ChatMessage, MessageStatus } from './types.js'

type User = { readonly id: string; readonly fullName: string } | null

export interface Listing {
  readonly messages: readonly Message[]
  readonly outgoing: readonly Outgoing[]
  /** The highest read mark of the others. */
  readonly readByOthers: number
  readonly user: User
}

/** Messages as an application shows them. What has not changed stays the same object, so that it is not drawn again. */
export function createLister(selfId: () => string | undefined) {
  const committed = new WeakMap<Message, ChatMessage>()
  const underWay = new WeakMap<Outgoing, ChatMessage>()

  function listed(message: Message, readByOthers: number): ChatMessage {
    const isMine = message.kind === 'user' && message.sender.id === selfId()
    const status: MessageStatus = !isMine ? 'received' : message.seq <= readByOthers ? 'read' : 'sent'
    const known = committed.get(message)
    if (known?.status === status) return known
    const key = isMine && message.clientId !== null ? message.clientId : message.id
    const made: ChatMessage = { ...message, key, isMine, status, error: null }
    committed.set(message, made)
    return made
  }

  function own(item: Outgoing, user: User): ChatMessage {
    const known = underWay.get(item)
    if (known) return known
    const { clientId, chatId, content, createdAt, sent, error } = item
    const made: ChatMessage = {
      key: clientId,
      id: sent?.id ?? null,
      seq: sent?.seq ?? null,
      rev: sent?.rev ?? null,
      chatId,
      kind: 'user',
      sender: { id: user?.id ?? '', fullName: user?.fullName ?? '' },
      content,
      attachments: [...item.attachments],
      clientId,
      createdAt: sent?.createdAt ?? createdAt,
      editedAt: null,
      deletedAt: null,
      isMine: true,
      status: error ? 'failed' : sent ? 'sent' : 'sending',
      error,
    }
    underWay.set(item, made)
    return made
  }

  return {
    own,
    list: ({ messages, outgoing, readByOthers, user }: Listing): ChatMessage[] => [
      ...messages.map((message) => listed(message, readByOthers)),
      ...outgoing.map((item) => own(item, user)),
    ],
  }
}
