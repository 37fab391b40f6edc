import type { Logger } from 'pino'
import type { BlobStore } from '../../ports/blob-store.js'
import type { JobQueue } from '../../ports/job-queue.js'
import { UPLOADS_OF_USER } from '../../protocol/limits.js'
import type { Store } from '../../store/store.js'
import type { Chats } from '../chats.js'
import type { UploadRules } from './admission.js'
import { createGate } from './gate.js'
import { type AttachmentKey, attachmentKey, createIntake } from './intake.js'
import { createLinks } from './links.js'
import { createPresignedUploads } from './presigned.js'
import { createRemoval } from './removal.js'
import { createScanner } from './scanner.js'
import { createThumbnails } from './thumbnails.js'
import { createUploads } from './uploads.js'

const SCAN_JOB = 'scan-attachment'
const REMOVAL_JOB = 'remove-blobs'

/** Images that are decoded at once: each may need a core and tens of megabytes. */
const THUMBNAILS_AT_ONCE = 2

interface ScanRules {
  readonly url: string
  readonly timeoutMs: number
}

export interface AttachmentsOptions {
  readonly store: Store
  readonly blobs: BlobStore
  readonly chats: Chats
  readonly jobs: JobQueue
  readonly rules: UploadRules & {
    readonly perMessage: number
    readonly unsentSeconds: number
    readonly linkSeconds: number
    readonly scan: ScanRules | undefined
  }
  /** Where this node's own door is reached from beside it. */
  readonly ownUrl: () => string
  readonly logger: Logger
}

/**
 * Attachments: three ways in, one life cycle, one way out. The bytes are in the blob store, and only members of the
 * chat are told where. A message names attachments by their ids (messages.ts), in the flush that commits it.
 */
export function createAttachments(options: AttachmentsOptions) {
  const { store, blobs, chats, jobs, rules, ownUrl, logger } = options
  const { scan, unsentSeconds, linkSeconds } = rules
  const gate = createGate({ most: rules.uploads, mostOfUser: UPLOADS_OF_USER })
  const intake = createIntake({
    store,
    blobs,
    thumbnails: createThumbnails({ concurrency: THUMBNAILS_AT_ONCE }),
    scanning: scan === undefined ? undefined : createScanning(scan),
  })

  function createScanning(scan: ScanRules) {
    const seconds = Math.ceil(scan.timeoutMs / 1000)
    jobs.define(
      SCAN_JOB,
      { retries: 12, retrySeconds: 5, expireSeconds: seconds + 60 },
      async (data) => await intake.askAgain(attachmentKey.parse(data)),
    )
    return {
      ask: createScanner({ ...scan, ownUrl, logger }),
      // Not before the first question has had its time.
      askLater: async (attachment: AttachmentKey) =>
        await jobs.add(SCAN_JOB, attachment, { afterSeconds: seconds + 1 }),
    }
  }

  jobs.define(
    REMOVAL_JOB,
    { retries: 0, retrySeconds: 1, expireSeconds: 15 * 60, everySeconds: Math.min(60, unsentSeconds) },
    createRemoval({ store, blobs, unsentSeconds, logger }),
  )

  return {
    ...createUploads({ store, blobs, chats, intake, rules, gate, logger }),
    ...createPresignedUploads({ store, blobs, chats, intake, rules, gate }),
    link: createLinks({ store, blobs, chats, linkSeconds }),
    /** Bounds that clients are told, and doors hold to. */
    limits: { attachmentBytes: rules.bytes, attachmentsPerMessage: rules.perMessage },
  }
}

export type Attachments = ReturnType<typeof createAttachments>
