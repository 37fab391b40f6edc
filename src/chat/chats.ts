import { v7 as uuidv7 } from 'uuid'
import type { Bus } from '../ports/bus.js'
import { ParleyError } from '../protocol/errors.js'
import type { Change, Chat, ChatType, Member, Mine, ReadMark, User } from '../protocol/objects.js'
import type { ChatRow, MembershipRow } from '../store/chats.js'
import type { NewMember } from '../store/members.js'
import type { Store } from '../store/store.js'
import { createChatList } from './chat-list.js'
import { changeEvent, type Events } from './events.js'
import type { Inbox } from './inbox.js'
import type { Presence } from './presence.js'
import { publishSignal } from './signals.js'
import type { Users } from './users.js'
import { toChat, toMember, toMine } from './views.js'

export const DEFAULT_ROLE = 'member'

export interface MemberRequest {
  readonly userId: string
  readonly role?: string | undefined
  readonly fullName?: string | undefined
}

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
  readonly bus: Bus
  readonly events: Events
  readonly users: Users
  readonly inbox: Inbox
  readonly presence: Presence
}

/** Chats: made, seen, listed, closed, archived; and who belongs to them. */
export function createChats({ store, bus, events, users, inbox, presence }: ChatsOptions) {
  /** Of the chats that one may not see none exists. */
  async function see(
    caller: Caller,
    chatId: string,
  ): Promise<{ row: ChatRow; member: MembershipRow | undefined }> {
    const found = await store.chats.findFor(chatId, caller.user.id)
    if (found === undefined || (found.member === undefined && !caller.isService))
      throw new ParleyError('not_a_member')
    return { row: found.chat, member: found.member }
  }

  /** Changes a chat under its lock, each change an event of its own; told after the commit, in order. */
  async function change(
    chatId: string,
    work: (
      trx: Parameters<Parameters<Store['transaction']>[0]>[0],
      chat: ChatRow,
      at: Date,
    ) => Promise<readonly Change[]>,
  ): Promise<{ chat: Chat; changes: readonly Change[] }> {
    const at = new Date()
    const { row, firstRev, changes } = await store.transaction(async (trx) => {
      const chat = await store.chats.lock(trx, chatId)
      if (chat === undefined) throw new ParleyError('not_a_member')
      const changes = await work(trx, chat, at)
      const rows = changes.map(({ type, ...detail }) => ({ kind: type, detail }))
      await store.events.append(trx, chatId, rows, at)
      const row = changes.length === 0 ? chat : ((await store.chats.lock(trx, chatId)) ?? chat)
      return { row, firstRev: chat.last_rev + 1, changes }
    })
    const chat = toChat(row)
    for (const [index, one] of changes.entries()) events.publish(changeEvent(chat, firstRev + index, one))
    return { chat, changes }
  }

  async function nameMembers(members: readonly MemberRequest[]): Promise<void> {
    const at = new Date()
    await users.rename(
      members.flatMap(({ userId, fullName }) =>
        fullName === undefined ? [] : [{ id: userId, fullName, namedAt: at }],
      ),
    )
  }

  function tellAdded(chat: Chat, added: readonly NewMember[], lastReadSeq: number): void {
    for (const { userId, role } of added) {
      const unread = chat.lastSeq - lastReadSeq
      inbox.added(userId, chat, { role, lastReadSeq, unread, archivedAt: null, sticky: false })
    }
  }

  /** Adds members to an existing chat and sets roles, one event for each change; answers who was added. */
  async function addMissing(
    chatId: string,
    wanted: readonly NewMember[],
    roles: readonly NewMember[],
    given: ReadonlyMap<string, string> = new Map(),
  ): Promise<{ chat: Chat; added: readonly NewMember[] }> {
    let lastReadSeq = 0
    const names = new Map([...(await users.namesOf(wanted.map(({ userId }) => userId))), ...given])
    const { chat, changes } = await change(chatId, async (trx, row, at) => {
      lastReadSeq = row.last_seq
      const added = await store.members.add(trx, chatId, wanted, row.last_seq, at)
      const made: Change[] = added.map(({ userId, role }) => ({
        type: 'member_added',
        userId,
        role,
        fullName: names.get(userId) ?? userId,
      }))
      const isNew = new Set(added.map(({ userId }) => userId))
      for (const one of roles.filter(({ userId }) => !isNew.has(userId)))
        if (await store.members.setRole(trx, chatId, one)) made.push({ type: 'member_changed', ...one })
      return made
    })
    const added = changes.filter((one) => one.type === 'member_added')
    tellAdded(chat, added, lastReadSeq)
    return { chat, added }
  }

  /** A repeat for an order adds the members that are missing, and changes nothing else: names neither. */
  async function addToOrder(caller: Caller, chatId: string, request: ChatRequest): Promise<Chat> {
    const given = new Map(
      request.members.flatMap(({ userId, fullName }) => (fullName === undefined ? [] : [[userId, fullName]])),
    )
    const { chat, added } = await addMissing(chatId, wantedMembers(caller, request), [], given)
    const isNew = new Set(added.map(({ userId }) => userId))
    await nameMembers(request.members.filter(({ userId }) => isNew.has(userId)))
    return chat
  }

  return {
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
      const members = wantedMembers(caller, request)
      const id = uuidv7()
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
        await store.members.add(trx, id, members, 0, createdAt)
        return undefined
      })

      if (existing?.addMembers === true)
        return { chat: await addToOrder(caller, existing.chatId, request), created: false }
      // One who was removed since does not see it again by the key.
      if (existing !== undefined)
        return { chat: toChat((await see(caller, existing.chatId)).row), created: false }
      if (caller.isService) await nameMembers(request.members)
      const row = await store.chats.find(id)
      if (row === undefined) throw new ParleyError('internal')
      const chat = toChat(row)
      tellAdded(chat, members, 0)
      return { chat, created: true }
    },

    /** @throws ParleyError `not_a_member`, also for a chat that does not exist */
    async get(caller: Caller, chatId: string): Promise<SeenChat> {
      const { row, member } = await see(caller, chatId)
      return { chat: toChat(row), mine: member === undefined ? null : toMine(member, row) }
    },

    /** Up to `limit` members from `offset` on, in the order of their ids. The caller has checked membership. */
    async members(chatId: string, limit: number, offset = 0): Promise<Member[]> {
      const rows = await store.members.list(chatId, limit, offset)
      const online = await presence.online(rows.map((row) => row.user_id))
      return rows.map((row) => toMember(row, online))
    },

    list: createChatList({ store, presence }),

    /** Moves the caller's mark up, never down. @throws ParleyError `not_a_member`, `bad_request` above the chat's end */
    async markRead(user: User, chatId: string, seq: number): Promise<ReadMark> {
      const moved = await store.members.markRead(chatId, user.id, seq)
      if (moved !== undefined) {
        publishSignal(bus, chatId, { type: 'read', userId: user.id, seq })
        return { lastReadSeq: moved.lastReadSeq, unread: moved.lastSeq - moved.lastReadSeq }
      }
      const { row, member } = await see({ user, isService: false }, chatId)
      if (member === undefined) throw new ParleyError('not_a_member')
      if (seq > row.last_seq) throw new ParleyError('bad_request', `seq: the chat ends at ${row.last_seq}`)
      const { lastReadSeq, unread } = toMine(member, row)
      return { lastReadSeq, unread }
    },

    /** Puts the chat out of the caller's own list, until a new message comes or, when `sticky`, for good. */
    async archive(user: User, chatId: string, sticky: boolean): Promise<Mine> {
      return await setArchived(user, chatId, new Date(), sticky)
    },

    async unarchive(user: User, chatId: string): Promise<Mine> {
      return await setArchived(user, chatId, null, false)
    },

    /** Adds members, or changes the roles of those who are. @throws ParleyError `not_a_member` */
    async addMembers(chatId: string, members: readonly MemberRequest[]): Promise<Chat> {
      await nameMembers(members)
      const wanted = members.map(({ userId, role }) => ({ userId, role: role ?? DEFAULT_ROLE }))
      const roles = members.flatMap(({ userId, role }) => (role === undefined ? [] : [{ userId, role }]))
      return (await addMissing(chatId, wanted, roles)).chat
    },

    /** @throws ParleyError `not_a_member` when there is no such chat, `not_found` when there is no such member */
    async removeMember(chatId: string, userId: string): Promise<Chat> {
      const { chat } = await change(chatId, async (trx) => {
        if (!(await store.members.remove(trx, chatId, userId))) throw new ParleyError('not_found')
        return [{ type: 'member_removed', userId }]
      })
      inbox.removed(userId, chatId)
      return chat
    },

    /** No message is accepted any more; closing twice changes nothing. @throws ParleyError `not_a_member` */
    async close(chatId: string): Promise<Chat> {
      const { chat } = await change(chatId, async (trx, row, at) => {
        if (row.closed_at !== null) return []
        await store.chats.setClosed(trx, chatId, at)
        return [{ type: 'closed' }]
      })
      return chat
    },

    /** @throws ParleyError `not_a_member` */
    async reopen(chatId: string): Promise<Chat> {
      const { chat } = await change(chatId, async (trx, row) => {
        if (row.closed_at === null) return []
        await store.chats.setClosed(trx, chatId, null)
        return [{ type: 'reopened' }]
      })
      return chat
    },
  }

  async function setArchived(user: User, chatId: string, at: Date | null, sticky: boolean): Promise<Mine> {
    if (!(await store.members.archive(chatId, user.id, at, sticky))) throw new ParleyError('not_a_member')
    const { row, member } = await see({ user, isService: false }, chatId)
    if (member === undefined) throw new ParleyError('not_a_member')
    return toMine(member, row)
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
