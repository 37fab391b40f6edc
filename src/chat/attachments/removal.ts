import type { Logger } from 'pino'
import type { BlobStore } from '../../ports/blob-store.js'
import type { Store } from '../../store/store.js'
import { IN_FLIGHT_MS } from './intake.js'

/** Rows and blobs of one step: the job is short, and comes again. */
const STEP = 500

export interface RemovalOptions {
  readonly store: Store
  readonly blobs: BlobStore
  readonly unsentSeconds: number
  readonly logger: Logger
}

/**
 * No orphans: takes back attachments that no message has named for too long, and removes the blobs that nobody owns.
 * A blob's key is forgotten only after its bytes are gone, so a run that breaks off is made good by the next.
 */
export function createRemoval({ store, blobs, unsentSeconds, logger }: RemovalOptions) {
  async function takeBackUnsent(): Promise<number> {
    const unsentBefore = new Date(Date.now() - unsentSeconds * 1000)
    const uploadingBefore = new Date(Date.now() - IN_FLIGHT_MS)
    return await store.attachments.removeUnsent(unsentBefore, uploadingBefore, STEP)
  }

  async function removeDue(): Promise<number> {
    const keys = await store.attachments.dueBlobs(STEP)
    if (keys.length === 0) return 0
    await blobs.remove(keys)
    await store.attachments.forgetBlobs(keys)
    return keys.length
  }

  /** Rejects while the database or the blob store is away. */
  return async (): Promise<void> => {
    let attachments = 0
    let removed = 0
    for (let count = STEP; count === STEP; attachments += count) count = await takeBackUnsent()
    for (let count = STEP; count === STEP; removed += count) count = await removeDue()
    if (attachments + removed > 0) logger.info({ attachments, blobs: removed }, 'removed what nobody owns')
  }
}
