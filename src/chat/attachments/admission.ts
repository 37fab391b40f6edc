import type { BlobStore } from '../../ports/blob-store.js'
import { ParleyError } from '../../protocol/errors.js'
import type { FileType } from '../../protocol/file-types.js'
import { UNSENT_ATTACHMENTS } from '../../protocol/limits.js'
import type { AttachmentRow, UnownedBlob } from '../../store/attachments.js'
import type { Store } from '../../store/store.js'
import type { Caller, Chats } from '../chats.js'
import { newId } from '../new-id.js'
import type { Gate } from './gate.js'
import type { Intake } from './intake.js'

/** What may come in, and who may bring it: the same for all ways in. */

export interface UploadRules {
  /** Bytes of one file at most. */
  readonly bytes: number
  readonly types: readonly FileType[]
  /** Uploads under way on this node at most. */
  readonly uploads: number
}

/** What every way in works with. */
export interface UploadContext {
  readonly store: Store
  readonly blobs: BlobStore
  readonly chats: Chats
  readonly intake: Intake
  readonly rules: UploadRules
  readonly gate: Gate
}

/** Members of an open chat, and the marketplace's backend. @throws ParleyError `not_a_member`, `chat_closed` */
export async function checkMayUpload(chats: Chats, caller: Caller, chatId: string): Promise<void> {
  const { chat } = await chats.get(caller, chatId)
  if (chat.closedAt !== null) throw new ParleyError('chat_closed')
}

/** @throws ParleyError `unsupported_type` */
export function checkType(type: FileType | undefined, { types }: Pick<UploadRules, 'types'>): FileType {
  if (type !== undefined && types.includes(type)) return type
  throw new ParleyError('unsupported_type', 'Files of this type are not taken.')
}

/** @throws ParleyError `too_large` */
export function checkSize(size: number, most: number): void {
  if (size > most) throw new ParleyError('too_large', `A file may have at most ${most} bytes.`)
}

export function newAttachment(
  { user }: Caller,
  chatId: string,
  file: { readonly name: string; readonly mime: string; readonly size: number },
): AttachmentRow {
  return {
    ...file,
    chat_id: chatId,
    id: newId(),
    uploader_id: user.id,
    message_id: null,
    status: 'uploading',
    width: null,
    height: null,
    upload_key: null,
    blob_key: null,
    thumbnail_key: null,
    fault: null,
    created_at: new Date(),
  }
}

/** Writes an attachment down, with the keys its bytes may come to. @throws ParleyError `rate_limited` */
export async function admit(store: Store, row: AttachmentRow, blobs: readonly UnownedBlob[]): Promise<void> {
  if (!(await store.attachments.insert(row, blobs, UNSENT_ATTACHMENTS)))
    throw new ParleyError('rate_limited', 'Too many attachments here that no message names yet.')
}
