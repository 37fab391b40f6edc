import { ParleyError } from '../protocol/errors.js'
import type { Change, Chat, Member } from '../protocol/objects.js'
import type { NewMember } from '../store/members.js'
import type { Store } from '../store/store.js'
import type { ChangeChat } from './changes.js'
import type { Inbox } from './inbox.js'
import type { Presence } from './presence.js'
import type { Users } from './users.js'
import { toMember } from './views.js'

export const DEFAULT_ROLE = 'member'

export interface MemberRequest {
  readonly userId: string
  readonly role?: string | undefined
  readonly fullName?: string | undefined
}

export interface MembersOptions {
  readonly store: Store
  readonly changeChat: ChangeChat
  readonly users: Users
  readonly inbox: Inbox
  readonly presence: Presence
}

/** Who belongs to a chat. */
export function createMembers({ store, changeChat, users, inbox, presence }: MembersOptions) {
  async function name(members: readonly MemberRequest[]): Promise<void> {
    const at = new Date()
    await users.rename(
      members.flatMap(({ userId, fullName }) =>
        fullName === undefined ? [] : [{ id: userId, fullName, namedAt: at }],
      ),
    )
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
    const { chat, changes } = await changeChat(chatId, async (trx, row, at) => {
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

  /** To the inboxes of those who are members now. */
  function tellAdded(chat: Chat, added: readonly NewMember[], lastReadSeq: number): void {
    for (const { userId, role } of added) {
      const unread = chat.lastSeq - lastReadSeq
      inbox.added(userId, chat, { role, lastReadSeq, unread, archivedAt: null, sticky: false })
    }
  }

  return {
    name,
    addMissing,
    tellAdded,

    /** Adds members, or changes the roles of those who are. @throws ParleyError `not_a_member` */
    async add(chatId: string, members: readonly MemberRequest[]): Promise<Chat> {
      await name(members)
      const wanted = members.map(({ userId, role }) => ({ userId, role: role ?? DEFAULT_ROLE }))
      const roles = members.flatMap(({ userId, role }) => (role === undefined ? [] : [{ userId, role }]))
      return (await addMissing(chatId, wanted, roles)).chat
    },

    /** @throws ParleyError `not_a_member` when there is no such chat, `not_found` when there is no such member */
    async remove(chatId: string, userId: string): Promise<Chat> {
      const { chat } = await changeChat(chatId, async (trx) => {
        if (!(await store.members.remove(trx, chatId, userId))) throw new ParleyError('not_found')
        return [{ type: 'member_removed', userId }]
      })
      inbox.removed(userId, chatId)
      return chat
    },

    /** Up to `limit` members from `offset` on, in the order of their ids. The caller has checked membership. */
    async list(chatId: string, limit: number, offset = 0): Promise<Member[]> {
      const rows = await store.members.list(chatId, limit, offset)
      const online = await presence.online(rows.map((row) => row.user_id))
      return rows.map((row) => toMember(row, online))
    },

    /** The first `most` members of each chat. The caller has checked membership. */
    async firstOf(chatIds: readonly string[], most: number): Promise<Map<string, Member[]>> {
      const rows = await store.members.firstOf(chatIds, most)
      const userIds = new Set([...rows.values()].flat().map((row) => row.user_id))
      const online = await presence.online([...userIds])
      return new Map([...rows].map(([chatId, list]) => [chatId, list.map((row) => toMember(row, online))]))
    },
  }
}

export type Members = ReturnType<typeof createMembers>
