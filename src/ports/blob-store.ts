import type { Readable } from 'node:stream'
import { ParleyError } from '../protocol/errors.js'

/** What a key looks like, such as `files/0199…`. It is the caller's, and has nothing in it that a user has said. */
export const BLOB_KEY = /^[A-Za-z0-9-]{1,128}\/[A-Za-z0-9-]{1,128}$/

/**
 * Where bytes are kept (P11), each blob by its key.
 *
 * - A blob is there whole or not at all: `open` never sees half of one, and a `put` that fails or is aborted leaves
 *   nothing behind. Only of a store that went away meanwhile nobody knows: the caller removes that key later.
 * - Blobs are not changed: nobody puts to a key twice.
 * - While the store is away, or too slow to answer, every method rejects with a BlobStoreUnavailable, within seconds.
 */
export interface BlobStore {
  /**
   * Stores what the stream brings, in constant memory, and answers how many bytes that was. Rejects with the
   * stream's own error when the stream fails, and with the signal's reason when that is aborted; the stream is
   * destroyed however it ends.
   */
  put(
    key: string,
    body: Readable,
    options: { readonly mime: string; readonly signal?: AbortSignal },
  ): Promise<number>
  /**
   * The bytes from `first` to `last`, both included and counted from 0 (absent: all of them), or as many of those
   * as there are, and the size of the whole blob; undefined when there is no such blob. The caller reads the stream
   * to its end or destroys it; it fails with a BlobStoreUnavailable when the store goes away meanwhile.
   */
  open(key: string, range?: ByteRange): Promise<OpenedBlob | undefined>
  /** Makes a second blob of the same bytes, in the store itself; false when there is none of the first key. */
  copy(from: string, to: string): Promise<boolean>
  /** Removes them; those that are not there are no error. */
  remove(keys: readonly string[]): Promise<void>
  /**
   * A URL that whoever holds it can read the blob from until it expires: absolute, or a path of Parley's own door.
   * Made without asking the store.
   */
  presignGet(key: string, options: PresignGet): Promise<PresignedGet>
  /** What a client sends the bytes of one new blob with, until it expires. The store may not hold it to the size. */
  presignPut(key: string, options: PresignPut): Promise<PresignedPut>
}

export interface ByteRange {
  readonly first: number
  readonly last: number
}

export interface OpenedBlob {
  readonly size: number
  readonly body: Readable
}

export interface PresignGet {
  /** The type and the `Content-Disposition` that the answer carries. */
  readonly mime: string
  readonly disposition: string
  readonly seconds: number
  /** Who reads: a client, by the address that browsers reach, or a service beside this node. */
  readonly audience: 'client' | 'service'
}

export interface PresignedGet {
  readonly url: string
  readonly expiresAt: Date
}

export interface PresignPut {
  readonly mime: string
  readonly size: number
  readonly seconds: number
}

export interface PresignedPut {
  readonly method: 'PUT' | 'POST'
  readonly url: string
  /** Of a form upload: these first, then the bytes as the field `file`. */
  readonly fields?: Record<string, string>
  readonly headers?: Record<string, string>
  readonly expiresAt: Date
}

/** The store cannot be reached, or does not answer as one: the same call may succeed later. */
export class BlobStoreUnavailable extends ParleyError {
  /** For the log; a caller reads no more than that the store is away. */
  readonly reason: string

  constructor(reason: string, options?: { readonly cause?: unknown }) {
    super('overloaded', 'The file store cannot be reached. Try again.')
    this.reason = reason
    this.cause = options?.cause
  }
}
