import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { z } from 'zod'
import type { BlobStore } from '../../ports/blob-store.js'
import { type ErrorCode, ParleyError } from '../../protocol/errors.js'
import { UPLOAD_MS } from '../../protocol/limits.js'
import type { AttachmentRow, AttachmentStep } from '../../store/attachments.js'
import type { Store } from '../../store/store.js'
import type { Scanner } from './scanner.js'
import type { Picture, Thumbnails } from './thumbnails.js'

/** An attachment whose bytes are in the store under this key, told to be of this type, and not yet taken. */
export interface Arrived {
  readonly blobKey: string
  readonly mime: string
  readonly name: string
  readonly size: number
}

export interface IntakeOptions {
  readonly store: Store
  readonly blobs: BlobStore
  readonly thumbnails: Thumbnails
  /** Undefined where nothing is scanned. */
  readonly scanning:
    | {
        readonly ask: Scanner
        /** Has `askAgain` called for an attachment in a while. */
        readonly askLater: (attachment: AttachmentKey) => Promise<void>
      }
    | undefined
}

/** Which attachment, as a job names it. */
export const attachmentKey = z.object({ chatId: z.string(), id: z.string() })
export type AttachmentKey = z.infer<typeof attachmentKey>

/** How long a scanner may read a blob from its URL: as long as it may take to be asked again. */
const SCAN_URL_SECONDS = 10 * 60

/**
 * From arrival to `ready`, the same for all ways in:
 *
 *     uploading ──> ready                          no scanner
 *     uploading ──> quarantined ──> ready          the scanner said clean
 *                               └─> rejected       it said infected; the blob is let go of
 *
 * With no verdict an attachment stays quarantined, where nobody can name or read it, and the scanner is asked again.
 */
export function createIntake({ store, blobs, thumbnails, scanning }: IntakeOptions) {
  /**
   * Answers the attachment as it is then, also when it is another blob that it was given meanwhile.
   *
   * @throws ParleyError `conflict` when it was taken back meanwhile; whatever the blob store fails with
   */
  async function accept(row: AttachmentRow, arrived: Arrived): Promise<AttachmentRow> {
    const { blobKey, ...known } = arrived
    if (scanning === undefined) return await makeReady(row, arrived, 'uploading')
    // First the job: one that is quarantined is asked about again, whatever becomes of this node.
    await scanning.askLater({ chatId: row.chat_id, id: row.id })
    const quarantined = await step(row, {
      from: ['uploading'],
      set: { ...known, status: 'quarantined', blob_key: blobKey },
      owns: [blobKey],
    })
    return quarantined.status === 'quarantined' ? await scan(quarantined) : quarantined
  }

  /** A job's work: asks about one that is still quarantined. @throws Error when there is no verdict yet */
  async function askAgain({ chatId, id }: AttachmentKey): Promise<void> {
    const row = await store.attachments.find(chatId, id)
    if (row?.status !== 'quarantined') return
    const after = await scan(row)
    if (after.status === 'quarantined') throw new Error('no verdict from the scanner')
  }

  async function scan(row: AttachmentRow): Promise<AttachmentRow> {
    if (scanning === undefined || row.blob_key === null) return row
    const { url } = await blobs.presignGet(row.blob_key, {
      mime: 'application/octet-stream',
      disposition: 'attachment',
      seconds: SCAN_URL_SECONDS,
      audience: 'service',
    })
    const verdict = await scanning.ask(row.id, url)
    if (verdict === undefined) return row
    if (verdict === 'infected') return await reject(row, 'quarantined', 'unsupported_type', row.blob_key)
    const { blob_key: blobKey, name, mime, size } = row
    return await makeReady(row, { blobKey, name, mime, size }, 'quarantined')
  }

  async function makeReady(
    row: AttachmentRow,
    { blobKey, ...known }: Arrived,
    from: 'uploading' | 'quarantined',
  ): Promise<AttachmentRow> {
    const picture = known.mime.startsWith('image/') ? await pictureOf(blobKey) : undefined
    const thumbnailKey = await keepThumbnail(picture?.thumbnail)
    return await step(row, {
      from: [from],
      set: {
        ...known,
        status: 'ready',
        blob_key: blobKey,
        width: picture?.width ?? null,
        height: picture?.height ?? null,
        thumbnail_key: thumbnailKey ?? null,
      },
      owns: thumbnailKey === undefined ? [blobKey] : [blobKey, thumbnailKey],
    })
  }

  async function pictureOf(blobKey: string): Promise<Picture | undefined> {
    return await thumbnails.make(async () => {
      const opened = await blobs.open(blobKey)
      if (opened === undefined) throw new ParleyError('conflict', 'The attachment was taken back meanwhile.')
      return opened.body
    })
  }

  async function keepThumbnail(thumbnail: Buffer | undefined): Promise<string | undefined> {
    if (thumbnail === undefined) return undefined
    const key = `thumbnails/${randomUUID()}`
    await store.attachments.disown([{ key, removeAfter: inFlightUntil() }])
    await blobs.put(key, Readable.from([thumbnail]), { mime: 'image/webp' })
    return key
  }

  /** The blob is due for removal at once; the row stays, to say why, until unsent attachments are taken back. */
  async function reject(
    row: AttachmentRow,
    from: 'uploading' | 'quarantined',
    fault: ErrorCode,
    blobKey: string,
  ): Promise<AttachmentRow> {
    const set = { status: 'rejected', fault, blob_key: null } as const
    return await step(row, { from: [from], set, frees: [blobKey] })
  }

  /** Somebody else may have taken the step before us: then theirs counts. */
  async function step(row: AttachmentRow, change: AttachmentStep): Promise<AttachmentRow> {
    const after =
      (await store.attachments.step(row.chat_id, row.id, change)) ??
      (await store.attachments.find(row.chat_id, row.id))
    if (after === undefined) throw new ParleyError('conflict', 'The attachment was taken back meanwhile.')
    return after
  }

  return { accept, askAgain, reject }
}

export type Intake = ReturnType<typeof createIntake>

/** A blob on its way is nobody's; when it is not taken well within this time, it is removed. */
export const IN_FLIGHT_MS = 2 * UPLOAD_MS

export function inFlightUntil(): Date {
  return new Date(Date.now() + IN_FLIGHT_MS)
}
