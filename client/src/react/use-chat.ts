import { useMemo } from 'react'
import { withoutMember } from '../members.js'
import type { Member } from '../protocol.js'
import type { ChatState, OpenChat } from '../types.js'
import { useParley } from './context.js'
import { poolsOf, usePooled } from './use-pooled.js'

export interface UsedChat {
  /** The same object for as long as the chat is shown: what one does with it is done here. */
  readonly chat: OpenChat
  readonly state: ChatState
}

/** The chat, open for as long as a component uses it. */
export function useChat(chatId: string): UsedChat {
  const client = useParley()
  const { held, state } = usePooled(poolsOf(client).chats, chatId, () => client.chats.open(chatId))
  return { chat: held, state }
}

export interface UsedTyping {
  /** The others who are typing. */
  readonly typing: readonly Member[]
  /** To be called on each keystroke. */
  readonly notify: () => void
  readonly stop: () => void
}

/** Who is typing in the chat, and what tells the others that one is typing oneself. */
export function useTyping(chatId: string): UsedTyping {
  const { chat, state } = useChat(chatId)
  return { typing: state.typing, notify: chat.notifyTyping, stop: chat.stopTyping }
}

export interface UsedPresence {
  /** The other members, with `online` and `lastSeen`. */
  readonly others: readonly Member[]
  /** False: this was so when there was a connection, and may have changed. */
  readonly isLive: boolean
}

/** Who else is in the chat, and who of them is there. */
export function usePresence(chatId: string): UsedPresence {
  const client = useParley()
  const { members, isLive } = useChat(chatId).state
  const ownId = client.user?.id
  const others = useMemo(() => withoutMember(members, ownId), [members, ownId])
  return { others, isLive }
}
