import { randomUUID } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { ParleyError } from '../../protocol/errors.js'
import { cleanFileName, extensionOf } from '../../protocol/file-name.js'
import { type FileType, isFileType, typeOfExtension } from '../../protocol/file-types.js'
import { UPLOAD_URL_SECONDS } from '../../protocol/limits.js'
import type { Upload, UploadTarget } from '../../protocol/objects.js'
import type { AttachmentRow } from '../../store/attachments.js'
import type { Caller } from '../chats.js'
import { toUpload } from '../views.js'
import {
  admit,
  checkMayUpload,
  checkSize,
  checkType,
  newAttachment,
  type UploadContext,
} from './admission.js'
import { SAMPLE_BYTES, tellType } from './content-type.js'
import { IN_FLIGHT_MS, inFlightUntil } from './intake.js'

/** A URL may be used until it expires, and an upload begun then may take a while. */
const UPLOAD_KEY_MS = UPLOAD_URL_SECONDS * 1000 + IN_FLIGHT_MS

/**
 * The way in on which a client uploads straight to the blob store. It may write to its URL again after the bytes
 * were looked at; so they are first copied to a key that no client was ever given, looked at there, and served from there.
 */
export function createPresignedUploads({ store, blobs, chats, intake, rules, gate }: UploadContext) {
  async function find(caller: Caller, chatId: string, id: string): Promise<AttachmentRow> {
    await chats.get(caller, chatId)
    const row = await store.attachments.find(chatId, id)
    if (row === undefined || row.uploader_id !== caller.user.id) throw new ParleyError('not_found')
    return row
  }

  /** Looks of this node that are under way, by attachment: a repeat waits for the first one. */
  const looks = new Map<string, Promise<AttachmentRow>>()

  async function takeOnce(caller: Caller, row: AttachmentRow): Promise<AttachmentRow> {
    const first = looks.get(row.id)
    if (first !== undefined) return await first
    const look = gate.pass(caller, async () => await take(row))
    looks.set(row.id, look)
    try {
      return await look
    } finally {
      looks.delete(row.id)
    }
  }

  async function take(row: AttachmentRow): Promise<AttachmentRow> {
    if (row.upload_key === null) throw notArrived()
    const blobKey = `files/${randomUUID()}`
    await store.attachments.disown([{ key: blobKey, removeAfter: inFlightUntil() }])
    try {
      if (!(await blobs.copy(row.upload_key, blobKey))) throw notArrived()
      return await look(row, blobKey)
    } finally {
      // What cannot be tidied now is written down, and removed later.
      await tidy(row, blobKey, row.upload_key).catch(() => {})
    }
  }

  /**
   * However a look has ended, the row says whether the copy was taken: also when its answer was lost. The upload's key
   * stays written down until its URL has expired, for somebody may put something there again.
   */
  async function tidy({ chat_id, id }: AttachmentRow, blobKey: string, uploadKey: string): Promise<void> {
    const now = await store.attachments.find(chat_id, id)
    const copy = now?.blob_key === blobKey ? [] : [blobKey]
    const original = now?.status === 'uploading' ? [] : [uploadKey]
    await blobs.remove([...copy, ...original])
  }

  async function look(row: AttachmentRow, blobKey: string): Promise<AttachmentRow> {
    try {
      const { mime, size } = await lookAt(row, blobKey)
      return await intake.accept(row, { blobKey, name: cleanFileName(row.name, mime), mime, size })
    } catch (error) {
      if (!(error instanceof ParleyError) || error.temporary || error.code === 'conflict') throw error
      return await intake.reject(row, 'uploading', error.code, blobKey)
    }
  }

  /** A store may enforce neither size nor type: what counts is what arrived. */
  async function lookAt(row: AttachmentRow, blobKey: string) {
    const opened = await blobs.open(blobKey, { first: 0, last: SAMPLE_BYTES - 1 })
    if (opened === undefined) throw notArrived()
    const { size, body } = opened
    const sample = await buffer(body)
    checkSize(size, rules.bytes)
    if (size !== row.size)
      throw new ParleyError('bad_request', `${size} bytes have arrived, ${row.size} were announced.`)
    return { size, mime: checkType(await tellType(sample, row.name, size <= SAMPLE_BYTES), rules) }
  }

  return {
    /**
     * Announces a file: where its `size` bytes go. What is announced is checked early, for people; it never counts.
     *
     * @throws ParleyError `not_a_member`, `chat_closed`, `too_large`, `unsupported_type`, `rate_limited`
     */
    async presign(
      caller: Caller,
      chatId: string,
      { name, mime, size }: { readonly name: string; readonly mime: string; readonly size: number },
    ): Promise<{ attachment: Upload; upload: UploadTarget }> {
      await checkMayUpload(chats, caller, chatId)
      const type = checkType(announcedType(mime, name), rules)
      checkSize(size, rules.bytes)
      const uploadKey = `uploads/${randomUUID()}`
      const target = await blobs.presignPut(uploadKey, { mime: type, size, seconds: UPLOAD_URL_SECONDS })
      const row = {
        ...newAttachment(caller, chatId, { name: cleanFileName(name, type), mime: type, size }),
        upload_key: uploadKey,
      }
      await admit(store, row, [{ key: uploadKey, removeAfter: new Date(Date.now() + UPLOAD_KEY_MS) }])
      return { attachment: toUpload(row), upload: { ...target, expiresAt: target.expiresAt.toISOString() } }
    },

    /**
     * Says that the bytes are there; looks at what is. A repeat answers how things stand.
     *
     * @throws ParleyError `not_a_member`, `not_found` (another's, too), `conflict` while nothing has arrived, and why
     *   the file is refused: `too_large`, `bad_request`, `unsupported_type`
     */
    async complete(caller: Caller, chatId: string, id: string): Promise<Upload> {
      const found = await find(caller, chatId, id)
      const row = found.status === 'uploading' ? await takeOnce(caller, found) : found
      if (row.fault !== null) throw new ParleyError(row.fault)
      return toUpload(row)
    },
  }
}

function notArrived(): ParleyError {
  return new ParleyError('conflict', 'The file has not arrived yet.')
}

/** As browsers and phones say it: with parameters, in capitals, by another name or not at all; then the name tells. */
function announcedType(mime: string, name: string): FileType | undefined {
  const bare = mime.split(';')[0]?.trim().toLowerCase() ?? ''
  if (isFileType(bare)) return bare
  return typeOfExtension(extensionOf(name))
}
