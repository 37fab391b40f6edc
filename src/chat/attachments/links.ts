import type { BlobStore, PresignedGet } from '../../ports/blob-store.js'
import { ParleyError } from '../../protocol/errors.js'
import { contentDisposition } from '../../protocol/file-name.js'
import { FILE_TYPES, isFileType } from '../../protocol/file-types.js'
import type { AttachmentRow } from '../../store/attachments.js'
import type { Store } from '../../store/store.js'
import type { Caller, Chats } from '../chats.js'

export type Variant = 'original' | 'thumbnail'

export interface LinksOptions {
  readonly store: Store
  readonly blobs: BlobStore
  readonly chats: Chats
  readonly linkSeconds: number
}

/** The way out: who may see an attachment is given a URL that is good for a few minutes. */
export function createLinks({ store, blobs, chats, linkSeconds }: LinksOptions) {
  /**
   * @throws ParleyError `not_a_member`; `not_found` for an unknown attachment, another chat's, one that no message
   *   names (but to its uploader), and a thumbnail that there is none of; `conflict` when it is not ready
   */
  return async (caller: Caller, chatId: string, id: string, variant: Variant): Promise<PresignedGet> => {
    await chats.get(caller, chatId)
    const row = await store.attachments.find(chatId, id)
    if (row === undefined || !isSeenBy(row, caller)) throw new ParleyError('not_found')
    if (row.status !== 'ready') throw new ParleyError('conflict', 'The attachment is not ready.')
    const link = await linkTo(blobs, row, linkSeconds, variant)
    if (link === undefined) throw new ParleyError('not_found')
    return link
  }
}

export type Links = ReturnType<typeof createLinks>

/** A URL to download it from, for whoever may see it; undefined when there is nothing to download. */
export async function linkTo(
  blobs: BlobStore,
  row: AttachmentRow,
  seconds: number,
  variant: Variant = 'original',
): Promise<PresignedGet | undefined> {
  const file = fileOf(row, variant)
  if (file === undefined) return undefined
  return await blobs.presignGet(file.key, {
    mime: file.mime,
    disposition: contentDisposition(file.name, isInline(file.mime)),
    seconds,
    audience: 'client',
  })
}

function isSeenBy(row: AttachmentRow, { user }: Caller): boolean {
  return row.message_id !== null || row.uploader_id === user.id
}

function fileOf({ blob_key, thumbnail_key, name, mime }: AttachmentRow, variant: Variant) {
  if (variant === 'original') return blob_key === null ? undefined : { key: blob_key, name, mime }
  return thumbnail_key === null ? undefined : { key: thumbnail_key, name: `${name}.webp`, mime: 'image/webp' }
}

function isInline(mime: string): boolean {
  return isFileType(mime) && FILE_TYPES[mime].inline
}
