import t from 'tap'
import { archivedAt, toChat, toMember, toMessage, toMine } from '../../src/chat/views.js'
import { chat, member, message, mine } from '../../src/protocol/objects.js'
import type { ChatRow, MembershipRow } from '../../src/store/chats.js'
import type { MemberRow } from '../../src/store/members.js'
import type { MessageRow } from '../../src/store/messages.js'

const at = new Date('2026-01-02T03:04:05.678Z')
const AT = '2026-01-02T03:04:05.678Z'

const chatRow: ChatRow = {
  id: 'c1',
  type: 'order',
  order_id: 'o1',
  subject: 'Shoes',
  metadata: { a: 1 },
  member_count: 2,
  first_seq: 1,
  last_seq: 10,
  last_rev: 14,
  created_at: at,
  last_message_at: at,
  closed_at: null,
  first_rev: 1,
  oldest_at: null,
}

const membership: MembershipRow = {
  role: 'seller',
  last_read_seq: 4,
  archived_at: null,
  archived_seq: null,
  archive_sticky: false,
}

const messageRow: MessageRow = {
  chat_id: 'c1',
  seq: 3,
  rev: 5,
  changed_rev: 9,
  id: '0190b5a0-0000-7000-8000-000000000000',
  sender_id: 'ann',
  full_name: 'Ann Lee',
  kind: 'user',
  content: 'hello',
  metadata: null,
  attachments: null,
  client_id: 'x',
  created_at: at,
  edited_at: null,
  deleted_at: null,
}

t.test('a chat is shown as the contract has it', async (t) => {
  const shown = toChat(chatRow)
  t.strictSame(shown, {
    id: 'c1',
    type: 'order',
    orderId: 'o1',
    subject: 'Shoes',
    metadata: { a: 1 },
    createdAt: AT,
    closedAt: null,
    firstSeq: 1,
    lastSeq: 10,
    rev: 14,
    memberCount: 2,
  })
  t.strictSame(chat.parse(shown), shown)
  t.equal(toChat({ ...chatRow, closed_at: at }).closedAt, AT)
})

t.test('unread is what lies between the mark and the end', async (t) => {
  const shown = toMine(membership, chatRow)
  t.strictSame(shown, { role: 'seller', lastReadSeq: 4, unread: 6, archivedAt: null, sticky: false })
  t.strictSame(mine.parse(shown), shown)
  t.equal(toMine({ ...membership, last_read_seq: 10 }, chatRow).unread, 0)
  t.equal(toMine({ ...membership, last_read_seq: 0 }, { last_seq: 0 }).unread, 0)
})

t.test('a chat stays archived until a message comes, or for good when sticky', async (t) => {
  const archived = (archived_seq: number | null, archive_sticky: boolean) =>
    archivedAt({ ...membership, archived_at: at, archived_seq, archive_sticky }, { last_seq: 10 })
  t.equal(archived(10, false), AT, 'no message since')
  t.equal(archived(9, false), null, 'a message since')
  t.equal(archived(9, true), AT, 'sticky, a message since')
  t.equal(archived(10, true), AT)
  t.equal(archived(null, false), null)
  t.equal(
    archivedAt({ ...membership, archive_sticky: true, archived_seq: 10 }, chatRow),
    null,
    'never archived',
  )
  t.match(toMine({ ...membership, archived_at: at, archived_seq: 9, archive_sticky: true }, chatRow), {
    archivedAt: AT,
    sticky: true,
  })
})

t.test('a member without a name goes by its id', async (t) => {
  const row: MemberRow = {
    user_id: 'ann',
    role: 'member',
    last_read_seq: 2,
    full_name: null,
    last_seen_at: null,
  }
  const shown = toMember(row, new Set(['bob']))
  t.strictSame(shown, {
    userId: 'ann',
    fullName: 'ann',
    role: 'member',
    online: false,
    lastSeen: null,
    lastReadSeq: 2,
  })
  t.strictSame(member.parse(shown), shown)
  t.match(toMember({ ...row, full_name: 'Ann Lee', last_seen_at: at }, new Set(['ann'])), {
    fullName: 'Ann Lee',
    online: true,
    lastSeen: AT,
  })
})

t.test('a message shows the rev of its last change and its sender’s current name', async (t) => {
  const shown = toMessage(messageRow)
  t.strictSame(shown, {
    id: messageRow.id,
    chatId: 'c1',
    seq: 3,
    rev: 9,
    kind: 'user',
    sender: { id: 'ann', fullName: 'Ann Lee' },
    content: 'hello',
    attachments: [],
    clientId: 'x',
    createdAt: AT,
    editedAt: null,
    deletedAt: null,
  })
  t.strictSame(message.parse(shown), shown)
  t.strictSame(toMessage({ ...messageRow, full_name: null }).sender, { id: 'ann', fullName: 'ann' })
  t.strictSame(toMessage({ ...messageRow, kind: 'system', metadata: { a: 1 } }).metadata, { a: 1 })
})

t.test('a deleted message is a tombstone without content', async (t) => {
  const shown = toMessage({ ...messageRow, edited_at: at, deleted_at: at })
  t.match(shown, { seq: 3, content: '', editedAt: AT, deletedAt: AT })
  t.notMatch(JSON.stringify(shown), 'hello')
  t.match(toMessage({ ...messageRow, edited_at: at }), { content: 'hello', editedAt: AT, deletedAt: null })
})
