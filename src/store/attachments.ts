import { type Insertable, type Kysely, type Selectable, sql, type Transaction, type Updateable } from 'kysely'
import { validate as isUuid } from 'uuid'
import type { Schema } from './schema.js'

export type AttachmentRow = Selectable<Schema['attachments']>
export type NewAttachment = Insertable<Schema['attachments']>

/** A step of an attachment's life: from one of these statuses, what changes with it, and which blobs change hands. */
export interface AttachmentStep {
  readonly from: readonly AttachmentRow['status'][]
  readonly set: Updateable<Schema['attachments']>
  /** Blobs that the attachment owns from now on. */
  readonly owns?: readonly string[]
  /** Blobs that it lets go of. */
  readonly frees?: readonly string[]
}

/** A blob that no attachment owns, and the moment from which on it may be removed. */
export interface UnownedBlob {
  readonly key: string
  readonly removeAfter: Date
}

/** SQL about attachments, and about the blobs that none of them owns. */
export function createAttachmentStore(db: Kysely<Schema>) {
  /** The sooner of two moments counts. */
  async function disown(blobs: readonly UnownedBlob[], on: Kysely<Schema> = db): Promise<void> {
    if (blobs.length === 0) return
    await on
      .insertInto('unowned_blobs')
      .values(blobs.map(({ key, removeAfter }) => ({ key, remove_after: removeAfter })))
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet((eb) => ({
          remove_after: eb.fn('least', ['unowned_blobs.remove_after', 'excluded.remove_after']),
        })),
      )
      .execute()
  }

  async function forgetBlobs(keys: readonly string[], on: Kysely<Schema> = db): Promise<void> {
    if (keys.length > 0) await on.deleteFrom('unowned_blobs').where('key', 'in', keys).execute()
  }

  return {
    /**
     * Writes an attachment down before its bytes arrive, with the keys that they may come to. False when this user
     * has `unsentMost` in this chat that no message names; of uploads at the same moment a few more get through.
     */
    async insert(
      attachment: NewAttachment,
      blobs: readonly UnownedBlob[],
      unsentMost: number,
    ): Promise<boolean> {
      return await db.transaction().execute(async (trx) => {
        const { unsent } = await trx
          .selectFrom('attachments')
          .select((eb) => eb.fn.countAll<number>().as('unsent'))
          .where('chat_id', '=', attachment.chat_id)
          .where('uploader_id', '=', attachment.uploader_id)
          .where('message_id', 'is', null)
          .where('status', '<>', 'rejected')
          .executeTakeFirstOrThrow()
        if (unsent >= unsentMost) return false
        await trx.insertInto('attachments').values(attachment).execute()
        await disown(blobs, trx)
        return true
      })
    },

    /** An id that is no UUID is nobody's. */
    async find(chatId: string, id: string): Promise<AttachmentRow | undefined> {
      if (!isUuid(id)) return undefined
      return await db
        .selectFrom('attachments')
        .selectAll()
        .where('chat_id', '=', chatId)
        .where('id', '=', id)
        .executeTakeFirst()
    },

    /** One transaction: the row and the hands of its blobs. Undefined when it is no longer in such a status. */
    async step(
      chatId: string,
      id: string,
      { from, set, owns = [], frees = [] }: AttachmentStep,
    ): Promise<AttachmentRow | undefined> {
      return await db.transaction().execute(async (trx) => {
        const row = await trx
          .updateTable('attachments')
          .set(set)
          .where('chat_id', '=', chatId)
          .where('id', '=', id)
          .where('status', 'in', from)
          .where('message_id', 'is', null)
          .returningAll()
          .executeTakeFirst()
        if (row === undefined) return undefined
        await forgetBlobs(owns, trx)
        await disown(dueNow(frees), trx)
        return row
      })
    },

    /** Takes back one that no message names; answers its blobs, which are due at once. */
    async remove(chatId: string, id: string): Promise<string[]> {
      return await db.transaction().execute(async (trx) => {
        const row = await trx
          .deleteFrom('attachments')
          .where('chat_id', '=', chatId)
          .where('id', '=', id)
          .where('message_id', 'is', null)
          .returning(['blob_key', 'thumbnail_key'])
          .executeTakeFirst()
        return row === undefined ? [] : await disownOf([row], trx)
      })
    },

    /** Takes those of a message that is deleted with it; their blobs are due at once. */
    async removeNamed(trx: Transaction<Schema>, chatId: string, ids: readonly string[]): Promise<void> {
      if (ids.length === 0) return
      const rows = await trx
        .deleteFrom('attachments')
        .where('chat_id', '=', chatId)
        .where('id', 'in', ids)
        .returning(['blob_key', 'thumbnail_key'])
        .execute()
      await disownOf(rows, trx)
    },

    /**
     * Takes back up to `most` that no message has named: those made before `unsentBefore`, those still on their way
     * only when made before `uploadingBefore` too. What somebody is about to name is left for the next time.
     */
    async removeUnsent(unsentBefore: Date, uploadingBefore: Date, most: number): Promise<number> {
      return await db.transaction().execute(async (trx) => {
        const rows = await trx
          .selectFrom('attachments')
          .select(['chat_id', 'id', 'blob_key', 'thumbnail_key'])
          .where('message_id', 'is', null)
          .where('created_at', '<', unsentBefore)
          .where((eb) => eb.or([eb('status', '<>', 'uploading'), eb('created_at', '<', uploadingBefore)]))
          .orderBy('created_at')
          .limit(most)
          .forUpdate()
          .skipLocked()
          .execute()
        if (rows.length === 0) return 0
        await trx
          .deleteFrom('attachments')
          .where((eb) =>
            eb(
              eb.refTuple('chat_id', 'id'),
              'in',
              rows.map(({ chat_id, id }) => eb.tuple(chat_id, id)),
            ),
          )
          .execute()
        await disownOf(rows, trx)
        return rows.length
      })
    },

    disown,
    forgetBlobs,

    /** The keys of up to `most` blobs that nobody owns and whose moment has come. */
    async dueBlobs(most: number): Promise<string[]> {
      const rows = await db
        .selectFrom('unowned_blobs')
        .select('key')
        .where('remove_after', '<=', sql<Date>`clock_timestamp()`)
        .orderBy('remove_after')
        .limit(most)
        .execute()
      return rows.map(({ key }) => key)
    },
  }

  async function disownOf(
    rows: readonly Pick<AttachmentRow, 'blob_key' | 'thumbnail_key'>[],
    trx: Transaction<Schema>,
  ): Promise<string[]> {
    const keys = rows.flatMap((row) => [row.blob_key, row.thumbnail_key]).filter((key) => key !== null)
    await disown(dueNow(keys), trx)
    return keys
  }
}

export type AttachmentStore = ReturnType<typeof createAttachmentStore>

function dueNow(keys: readonly string[]): UnownedBlob[] {
  const removeAfter = new Date()
  return keys.map((key) => ({ key, removeAfter }))
}
