import type { Attachment, Chat, Member, Message, Mine, Upload } from '../protocol/objects.js'
import type { AttachmentRow } from '../store/attachments.js'
import type { ChatRow, MembershipRow } from '../store/chats.js'
import type { MemberRow } from '../store/members.js'
import type { MessageRow } from '../store/messages.js'

/** From rows to the objects that travel: the one serializer of all doors, live and in history. */

export function toChat(row: ChatRow): Chat {
  return {
    id: row.id,
    type: row.type,
    orderId: row.order_id,
    subject: row.subject,
    metadata: row.metadata,
    createdAt: row.created_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
    firstSeq: row.first_seq,
    lastSeq: row.last_seq,
    rev: row.last_rev,
    memberCount: row.member_count,
  }
}

export function toMine(row: MembershipRow, chat: Pick<ChatRow, 'last_seq'>): Mine {
  return {
    role: row.role,
    lastReadSeq: row.last_read_seq,
    unread: chat.last_seq - row.last_read_seq,
    archivedAt: archivedAt(row, chat),
    sticky: row.archive_sticky,
  }
}

/** A chat stays archived until a message comes, or for good when sticky: the same rule as the list's filter. */
export function archivedAt(row: MembershipRow, chat: Pick<ChatRow, 'last_seq'>): string | null {
  if (row.archived_at === null) return null
  const isArchived = row.archive_sticky || (row.archived_seq !== null && chat.last_seq <= row.archived_seq)
  return isArchived ? row.archived_at.toISOString() : null
}

export function toMember(row: MemberRow, online: ReadonlySet<string>): Member {
  return {
    userId: row.user_id,
    fullName: row.full_name ?? row.user_id,
    role: row.role,
    online: online.has(row.user_id),
    lastSeen: row.last_seen_at?.toISOString() ?? null,
    lastReadSeq: row.last_read_seq,
  }
}

export function toMessage(row: MessageRow): Message {
  const { metadata } = row
  return {
    id: row.id,
    chatId: row.chat_id,
    seq: row.seq,
    rev: row.changed_rev,
    kind: row.kind,
    sender: { id: row.sender_id, fullName: row.full_name ?? row.sender_id },
    content: row.deleted_at === null ? row.content : '',
    attachments: row.deleted_at === null ? (row.attachments ?? []) : [],
    ...(metadata === null ? {} : { metadata }),
    clientId: row.client_id,
    createdAt: row.created_at.toISOString(),
    editedAt: row.edited_at?.toISOString() ?? null,
    deletedAt: row.deleted_at?.toISOString() ?? null,
  }
}

/** An attachment before a message names it. Afterwards it is shown as the flush has written it into the message. */
export function toUpload(row: AttachmentRow): Upload {
  return { ...toAttachment(row), status: row.status }
}

export function toAttachment({ id, name, mime, size, width, height }: AttachmentRow): Attachment {
  return {
    ...{ id, name, mime, size },
    ...(width === null ? {} : { width }),
    ...(height === null ? {} : { height }),
  }
}
