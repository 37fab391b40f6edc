import type { ChatFilter, ChatListState } from '../types.js'
import { useParley } from './context.js'
import { poolsOf, usePooled } from './use-pooled.js'

export interface UsedChats extends ChatListState {
  readonly loadMore: () => Promise<void>
}

/** One's own chats that fit the filter, kept up to date. The filter may be a new object each time. */
export function useChats(filter: ChatFilter = {}): UsedChats {
  const client = useParley()
  const { archived, type, orderId, q } = filter
  const key = JSON.stringify([archived, type, orderId, q])
  const { held, state } = usePooled(poolsOf(client).lists, key, () => client.chats.list(filter))
  return { ...state, loadMore: held.loadMore }
}
