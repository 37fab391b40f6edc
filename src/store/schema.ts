import type { ColumnType, Generated } from 'kysely'
import type { ErrorCode } from '../protocol/errors.js'
import type { Attachment, AttachmentStatus, ChatType } from '../protocol/objects.js'

/** The tables as Kysely sees them: the columns of db/schema.sql. */
export interface Schema {
  users: UsersTable
  chats: ChatsTable
  order_chats: { order_id: string; chat_id: string }
  chat_requests: { user_id: string; key: string; chat_id: string; created_at: Date }
  chat_members: ChatMembersTable
  messages: MessagesTable
  chat_events: ChatEventsTable
  attachments: AttachmentsTable
  unowned_blobs: { key: string; remove_after: Date }
  cluster: { single: boolean; epoch: string; place: string | null }
  ended_sessions: { user_id: string; ended_at: Date }
}

/** `jsonb`: read as a value, written as JSON text. */
type Json = ColumnType<Record<string, unknown>, string, string>

interface UsersTable {
  id: string
  full_name: string
  named_at: Date
  last_seen_at: Date | null
}

interface ChatsTable {
  id: string
  type: ChatType
  order_id: string | null
  subject: string | null
  metadata: Json
  member_count: Generated<number>
  first_seq: Generated<number>
  last_seq: Generated<number>
  last_rev: Generated<number>
  created_at: Date
  last_message_at: Date | null
  closed_at: Date | null
}

interface ChatMembersTable {
  chat_id: string
  user_id: string
  role: string
  last_read_seq: number
  archived_at: Date | null
  archived_seq: number | null
  archive_sticky: Generated<boolean>
  joined_at: Date
}

interface MessagesTable {
  chat_id: string
  seq: number
  rev: number
  changed_rev: number
  id: string
  sender_id: string
  kind: 'user' | 'system'
  content: string
  metadata: ColumnType<Record<string, unknown> | null, string | null, string | null>
  attachments: ColumnType<Attachment[] | null, never, null>
  client_id: string | null
  created_at: Date
  edited_at: Date | null
  deleted_at: Date | null
}

interface AttachmentsTable {
  chat_id: string
  id: string
  uploader_id: string
  message_id: string | null
  status: AttachmentStatus
  name: string
  mime: string
  size: number
  width: number | null
  height: number | null
  upload_key: string | null
  blob_key: string | null
  thumbnail_key: string | null
  fault: ErrorCode | null
  created_at: Date
}

interface ChatEventsTable {
  chat_id: string
  rev: number
  kind: string
  seq: number | null
  detail: Json
  created_at: Date
}
