import type { Chat, Member, Message, Mine, User } from '../protocol/objects.js'
import type { ChatQuery, ListedChat } from '../store/chats.js'
import type { Store } from '../store/store.js'
import type { Members } from './members.js'
import { toChat, toMessage, toMine } from './views.js'

const MEMBERS_IN_LIST = 10

export interface ListedView extends Chat {
  readonly mine: Mine
  readonly lastMessage: Message | null
  readonly members: Member[]
}

export type ChatListRequest = Omit<ChatQuery, 'userId'>

export interface ChatList {
  readonly chats: ListedView[]
  readonly total: number
  /** Where the next page starts; null on the last one. */
  readonly next: { readonly activity: Date; readonly id: string } | null
}

/** A page of a user's own chats, the latest activity first, each with what an inbox shows of it. */
export function createChatList({ store, members }: { store: Store; members: Members }) {
  return async (user: User, request: ChatListRequest): Promise<ChatList> => {
    const query = { ...request, userId: user.id }
    // One more than the page tells whether there is another.
    const rows = await store.chats.list({ ...query, limit: request.limit + 1 })
    // A page beyond the end has no row that could tell how many there are.
    const total = rows[0]?.total ?? (await store.chats.count(query))
    const page = rows.slice(0, request.limit)
    const last = page.at(-1)
    return {
      chats: await toViews(page),
      total,
      next:
        rows.length > page.length && last !== undefined
          ? { activity: last.activity, id: last.chat.id }
          : null,
    }
  }

  async function toViews(page: readonly ListedChat[]): Promise<ListedView[]> {
    const ids = page.map(({ chat }) => chat.id)
    if (ids.length === 0) return []
    const [messages, lists] = await Promise.all([
      store.messages.lastOf(ids),
      members.firstOf(ids, MEMBERS_IN_LIST),
    ])
    return page.map(({ chat, member }) => {
      const message = messages.get(chat.id)
      return {
        ...toChat(chat),
        mine: toMine(member, chat),
        lastMessage: message === undefined ? null : toMessage(message),
        members: lists.get(chat.id) ?? [],
      }
    })
  }
}
