import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Logger } from 'pino'
import { BlobStoreUnavailable } from '../../ports/blob-store.js'
import { ParleyError } from '../../protocol/errors.js'
import { cleanFileName } from '../../protocol/file-name.js'
import { UPLOAD_IDLE_MS, UPLOAD_MS } from '../../protocol/limits.js'
import type { Upload } from '../../protocol/objects.js'
import type { Caller } from '../chats.js'
import { toUpload } from '../views.js'
import { admit, checkMayUpload, checkType, newAttachment, type UploadContext } from './admission.js'
import { SAMPLE_BYTES, tellType } from './content-type.js'
import { lookInto } from './incoming.js'
import { inFlightUntil } from './intake.js'
import { orAborted, STALLED, timer, within } from './patience.js'

/** A file as it comes: the name is what the user's machine calls it. */
export interface File {
  readonly name: string
  readonly body: Readable
}

export interface UploadsOptions extends UploadContext {
  readonly logger: Logger
}

/** The ways in on which the bytes pass through this node: they go on to the blob store as they come. */
export function createUploads({ store, blobs, chats, intake, rules, gate, logger }: UploadsOptions) {
  async function receiveOne(
    caller: Caller,
    chatId: string,
    file: File,
    signal: AbortSignal,
  ): Promise<Upload> {
    const looked = lookInto(file.body, SAMPLE_BYTES, rules.bytes)
    const { sample, isWhole, body } = await orAborted(signal, looked)
    const mime = checkType(await tellType(sample, file.name, isWhole), rules)
    const name = cleanFileName(file.name, mime)
    const blobKey = `files/${randomUUID()}`
    const row = newAttachment(caller, chatId, { name, mime, size: 0 })
    await admit(store, row, [{ key: blobKey, removeAfter: inFlightUntil() }])
    try {
      const size = await blobs.put(blobKey, body, { mime, signal })
      const { status, ...taken } = toUpload(await intake.accept(row, { blobKey, name, mime, size }))
      if (status === 'rejected')
        throw new ParleyError('unsupported_type', 'The scanner has refused the file.')
      return { ...taken, status }
    } catch (error) {
      // A store that went away may have it all the same, a little later: then its key stays written down.
      await giveBack(chatId, row.id, error instanceof BlobStoreUnavailable ? [] : [blobKey])
      throw error
    }
  }

  /** All of them, or none. */
  async function receiveAll(
    caller: Caller,
    chatId: string,
    files: AsyncIterable<File>,
    signal: AbortSignal,
  ): Promise<Upload[]> {
    const taken: Upload[] = []
    const each = files[Symbol.asyncIterator]()
    // A form whose client has gone, or says nothing between two files, may never bring the next one or its end.
    const next = async () => await within(UPLOAD_IDLE_MS, STALLED, orAborted(signal, each.next()))
    try {
      for (let one = await next(); one.done !== true; one = await next()) {
        try {
          taken.push(await receiveOne(caller, chatId, one.value, signal))
        } finally {
          one.value.body.destroy()
        }
      }
      return taken
    } catch (error) {
      await discard(
        chatId,
        taken.map(({ id }) => id),
      )
      throw error
    }
  }

  /** What cannot be removed now is removed later: its key is written down. */
  async function giveBack(chatId: string, id: string, blobKeys: readonly string[]): Promise<void> {
    try {
      const owned = await store.attachments.remove(chatId, id)
      const removeAfter = new Date()
      await store.attachments.disown(blobKeys.map((key) => ({ key, removeAfter })))
      const keys = [...owned, ...blobKeys]
      await blobs.remove(keys)
      await store.attachments.forgetBlobs(keys)
    } catch (error) {
      logger.warn({ attachmentId: id, error }, 'an upload is taken back later')
    }
  }

  /** Takes back uploads that no message names. */
  async function discard(chatId: string, ids: readonly string[]): Promise<void> {
    for (const id of ids) await giveBack(chatId, id, [])
  }

  return {
    /**
     * Takes files in, one after the other as they come: all of them, or none. Answers when each is `ready`, or
     * `quarantined` while the scanner has not given its verdict. `signal`: whoever sends them has gone.
     *
     * @throws ParleyError `not_a_member`, `chat_closed`, `too_large`, `unsupported_type`, `bad_request`,
     *   `rate_limited`, `overloaded`
     */
    async receive(
      caller: Caller,
      chatId: string,
      files: AsyncIterable<File>,
      signal?: AbortSignal,
    ): Promise<Upload[]> {
      return await gate.pass(caller, async () => {
        const inTime = timer(UPLOAD_MS, 'The upload has taken too long.')
        try {
          await checkMayUpload(chats, caller, chatId)
          const given = signal === undefined ? [] : [signal]
          return await receiveAll(caller, chatId, files, AbortSignal.any([...given, inTime.signal]))
        } finally {
          inTime.clear()
        }
      })
    },

    discard,
  }
}

export type Uploads = ReturnType<typeof createUploads>
