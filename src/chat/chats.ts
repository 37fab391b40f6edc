import { ParleyError } from '../protocol/errors.js'
import type { Chat, ChatType, Mine, User } from '../protocol/objects.js'
import type { NewMember } from '../store/members.js'
import type { Store } from '../store/store.js'
import type { ChangeChat } from './changes.js'
import { createChatList } from './chat-list.js'
import { DEFAULT_ROLE, type MemberRequest, type Members } from './members.js'
import { newId } from './new-id.js'
import { toChat, toMine } from './views.js'

export interface ChatRequest {
  readonly type: ChatType
  readonly orderId?: string | undefined
  readonly subject?: string | undefined
  readonly metadata?: Record<string, unknown> | undefined
  readonly members: readonly MemberRequest[]
}

/** Who asks: a user, who sees only what it is a member of, or the marketplace's backend, which sees every chat. */
export interface Caller {
  readonly user: User
  readonly isService: boolean
}

/** A chat as one caller sees it; `mine` is null for the backend in a chat that it is no member of. */
export interface SeenChat {
  readonly chat: Chat
  readonly mine: Mine | null
}

export interface ChatsOptions {
  readonly store: Store
  readonly changeChat: ChangeChat
  readonly members: Members
}

/** Chats: made, seen, listed, closed. */
export function createChats({ store, changeChat, members }: ChatsOptions) {
  /** Of the chats that one may not see none exists. @throws ParleyError `not_a_member` */
  async function get(caller: Caller, chatId: string): Promise<SeenChat> {
    const found = await store.chats.findFor(chatId, caller.user.id)
    if (found === undefined || (found.member === undefined && !caller.isService))
      throw new ParleyError('not_a_member')
    const { chat, member } = found
    return { chat: toChat(chat), mine: member === undefined ? null : toMine(member, chat) }
  }

  /** A repeat for an order adds the members that are missing, and changes nothing else: names neither. */
  async function addToOrder(caller: Caller, chatId: string, request: ChatRequest): Promise<Chat> {
    const given = new Map(
      request.members.flatMap(({ userId, fullName }) => (fullName === undefined ? [] : [[userId, fullName]])),
    )
    const { chat, added } = await members.addMissing(chatId, wantedMembers(caller, request), [], given)
    const isNew = new Set(added.map(({ userId }) => userId))
    await members.name(request.members.filter(({ userId }) => isNew.has(userId)))
    return chat
  }

  return {
    get,

    /** The chat as one of its members sees it: what a session may see, the backend's too. @throws as `get` */
    async getOwn(user: User, chatId: string): Promise<{ chat: Chat; mine: Mine }> {
      const { chat, mine } = await get({ user, isService: false }, chatId)
      if (mine === null) throw new ParleyError('not_a_member')
      return { chat, mine }
    },

    list: createChatList({ store, members }),

    /**
     * Makes a chat; `created` is false for a repeat: of the order, which adds the missing members, or of the
     * idempotency key, which changes nothing. The caller is added unless it is the marketplace's backend, whose
     * word alone counts on roles and others' names.
     *
     * @throws ParleyError `forbidden`, `bad_request`; `not_a_member` for the key of a chat one was removed from
     */
    async create(
      caller: Caller,
      request: ChatRequest,
      idempotencyKey: string | undefined,
    ): Promise<{ chat: Chat; created: boolean }> {
      const wanted = wantedMembers(caller, request)
      const id = newId()
      const createdAt = new Date()
      const orderId = request.orderId ?? null

      const existing = await store.transaction(async (trx) => {
        if (orderId !== null) {
          // An order is an idempotency key itself: one beside it has nothing to add.
          if (!(await store.chats.claimOrder(trx, orderId, id)))
            return { chatId: await store.chats.idOfOrder(trx, orderId), addMembers: true }
        } else if (idempotencyKey !== undefined) {
          const claimed = await store.chats.claimRequest(trx, caller.user.id, idempotencyKey, id, createdAt)
          if (claimed !== id) return { chatId: claimed, addMembers: false }
        }
        await store.chats.insert(trx, {
          id,
          type: request.type,
          orderId,
          subject: request.subject ?? null,
          metadata: request.metadata ?? {},
          createdAt,
        })
        await store.members.add(trx, id, wanted, 0, createdAt)
        return undefined
      })

      if (existing?.addMembers === true)
        return { chat: await addToOrder(caller, existing.chatId, request), created: false }
      // One who was removed since does not see it again by the key.
      if (existing !== undefined) return { chat: (await get(caller, existing.chatId)).chat, created: false }
      if (caller.isService) await members.name(request.members)
      const row = await store.chats.find(id)
      if (row === undefined) throw new ParleyError('internal')
      const chat = toChat(row)
      members.tellAdded(chat, wanted, 0)
      return { chat, created: true }
    },

    /** No message is accepted any more; closing twice changes nothing. @throws ParleyError `not_a_member` */
    async close(chatId: string): Promise<Chat> {
      const { chat } = await changeChat(chatId, async (trx, row, at) => {
        if (row.closed_at !== null) return []
        await store.chats.setClosed(trx, chatId, at)
        return [{ type: 'closed' }]
      })
      return chat
    },

    /** @throws ParleyError `not_a_member` */
    async reopen(chatId: string): Promise<Chat> {
      const { chat } = await changeChat(chatId, async (trx, row) => {
        if (row.closed_at === null) return []
        await store.chats.setClosed(trx, chatId, null)
        return [{ type: 'reopened' }]
      })
      return chat
    },
  }
}

export type Chats = ReturnType<typeof createChats>

function wantedMembers({ user, isService }: Caller, request: ChatRequest): NewMember[] {
  if (request.type === 'order') {
    if (!isService) throw new ParleyError('forbidden', 'Chats about orders are made by the marketplace.')
    if (request.orderId === undefined) throw new ParleyError('bad_request', 'orderId: needed for an order')
  } else if (request.orderId !== undefined) {
    throw new ParleyError('bad_request', 'orderId: only for an order')
  }
  const wanted = new Map<string, NewMember>()
  if (!isService) wanted.set(user.id, { userId: user.id, role: DEFAULT_ROLE })
  for (const { userId, role } of request.members)
    if (!wanted.has(userId))
      wanted.set(userId, { userId, role: (isService ? role : undefined) ?? DEFAULT_ROLE })
  return [...wanted.values()]
}
