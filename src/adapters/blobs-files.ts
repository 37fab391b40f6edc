import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { BLOB_KEY, type BlobStore, BlobStoreUnavailable } from '../ports/blob-store.js'
import { BLOBS_PATH, signUrl } from '../protocol/signed-url.js'
import { readBody } from './blob-body.js'

/** No key begins like this. */
const DRAFTS = '.drafts'
/** For their owner alone. */
const FOLDERS = { recursive: true, mode: 0o700 } as const

/**
 * Blobs as files, `<folder>/<key>`. One that is being written is a draft, and gets its place by being renamed: a
 * process that is killed leaves a draft behind, which goes when its key is removed.
 *
 * @param secret signs the paths of Parley's own door that presigned requests go to.
 */
export function createFileBlobs(folder: string, secret: string): BlobStore {
  const drafts = join(folder, DRAFTS)

  function placeOf(key: string): string {
    if (!BLOB_KEY.test(key)) throw new TypeError(`no key of a blob: ${key}`)
    return join(folder, key)
  }

  function draftOf(key: string): string {
    return join(drafts, `${draftsOf(key)}${randomUUID()}`)
  }

  async function makeFolders(place: string): Promise<void> {
    await onDisk(() => mkdir(drafts, FOLDERS))
    await onDisk(() => mkdir(dirname(place), FOLDERS))
  }

  async function write(draft: string, chunks: AsyncIterable<Buffer>): Promise<number> {
    const file = await onDisk(() => open(draft, 'wx'))
    try {
      let size = 0
      for await (const chunk of chunks) {
        await onDisk(() => file.appendFile(chunk))
        size += chunk.length
      }
      return size
    } finally {
      await file.close()
    }
  }

  function presign(method: string, key: string, seconds: number, params: Record<string, string>) {
    placeOf(key)
    const expiresAt = new Date((Math.floor(Date.now() / 1000) + seconds) * 1000)
    return { url: signUrl(secret, { method, path: `${BLOBS_PATH}${key}`, params, expiresAt }), expiresAt }
  }

  return {
    async put(key, body, { signal }) {
      const place = placeOf(key)
      const draft = join(drafts, `${draftsOf(key)}${randomUUID()}`)
      const chunks = readBody(body, signal)
      try {
        await onDisk(() => mkdir(drafts, FOLDERS))
        await onDisk(() => mkdir(dirname(place), FOLDERS))
        const size = await write(draft, chunks)
        await onDisk(() => rename(draft, place))
        return size
      } catch (error) {
        await rm(draft, { force: true }).catch(() => {})
        throw error
      } finally {
        body.destroy()
      }
    },
    async open(key, range) {
      const place = placeOf(key)
      const file = await onDisk(() => ifThere(open(place)))
      if (file === undefined) return undefined
      try {
        const { size } = await onDisk(() => file.stat())
        const first = range?.first ?? 0
        const last = Math.min(range?.last ?? size, size - 1)
        if (first <= last) return { size, body: file.createReadStream({ start: first, end: last }) }
        await file.close()
        return { size, body: Readable.from([]) }
      } catch (error) {
        await file.close()
        throw error
      }
    },
    async copy(from, to) {
      const [source, place] = [placeOf(from), placeOf(to)]
      const draft = draftOf(to)
      await makeFolders(place)
      try {
        if (!(await onDisk(() => ifThere(copyFile(source, draft).then(() => true))))) return false
        await onDisk(() => rename(draft, place))
        return true
      } catch (error) {
        await rm(draft, { force: true }).catch(() => {})
        throw error
      }
    },
    async remove(keys) {
      const places = keys.map(placeOf)
      const prefixes = keys.map(draftsOf)
      const names = (await onDisk(() => ifThere(readdir(drafts)))) ?? []
      const left = names.filter((name) => prefixes.some((prefix) => name.startsWith(prefix)))
      // The drafts first: one that got its place meanwhile is still removed.
      for (const path of [...left.map((name) => join(drafts, name)), ...places])
        await onDisk(() => rm(path, { force: true }))
    },
    async presignGet(key, { mime, disposition, seconds }) {
      return presign('GET', key, seconds, { type: mime, disposition })
    },
    async presignPut(key, { mime, size, seconds }) {
      const { url, expiresAt } = presign('PUT', key, seconds, { type: mime, size: String(size) })
      return { method: 'PUT', url, headers: { 'content-type': mime }, expiresAt }
    },
  }
}

/** How the names of a key's drafts begin: no key is the beginning of another's. */
function draftsOf(key: string): string {
  return `${key.replace('/', '.')}.`
}

/** What the disk refuses, as when it is full, is a store that is away. */
async function onDisk<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!isErrno(error)) throw error
    throw new BlobStoreUnavailable(error.message, { cause: error })
  }
}

async function ifThere<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (isErrno(error) && error.code === 'ENOENT') return undefined
    throw error
  }
}

function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error
}
