// The files chosen for the next message of one conversation. Each is uploaded as soon as it is chosen, and nobody
// else sees it before a message names it. A tray is its conversation's own: what is in it can go nowhere else, stays
// while other conversations are looked at, and goes on uploading.

import type { Api } from './api.js'
import { isFinal, pause, reasonOf } from './failures.js'
import { sizeLabel } from './file-labels.js'
import type { InTurn } from './turns.js'
import type { Attachment, AttachmentLimits } from './types.js'

/**
 *     waiting ──> sending ──> (checking ──>) ready
 *        ^           └────────────┴──> failed
 *        └───────── retry ────────────────┘
 */
export type UploadState =
  | { kind: 'waiting' }
  /** `sent` goes from 0 to 1; then the server looks at the file. */
  | { kind: 'sending'; sent: number }
  /** The server waits for a scanner's verdict. */
  | { kind: 'checking' }
  | { kind: 'ready'; attachment: Attachment }
  | { kind: 'failed'; reason: string; canRetry: boolean }

export interface ChosenFile {
  readonly key: string
  readonly file: File
  /** An address of the image; null for other files. */
  readonly preview: string | null
  state: UploadState
  upload: AbortController
}

export interface TrayOptions {
  chatId: string
  api: Pick<Api, 'upload' | 'uploadStatus'>
  /** When an upload may begin. */
  inTurn: InTurn
  limits(): AttachmentLimits
  changed(): void
}

export type Tray = ReturnType<typeof createTray>

const CHECK_EVERY_MS = 2_000

export const createTray = ({ chatId, api, inTurn, limits, changed }: TrayOptions) => {
  const files = new Map<string, ChosenFile>()
  let refusal = ''

  const upload = async (chosen: ChosenFile) => {
    chosen.upload = new AbortController()
    const { signal } = chosen.upload
    const to = (state: UploadState) => {
      // What an upload says after it was taken out is about nothing any more.
      if (signal.aborted) return
      chosen.state = state
      changed()
    }
    to({ kind: 'waiting' })
    try {
      const onProgress = (sent: number) => to({ kind: 'sending', sent })
      let arrived = await inTurn(() => api.upload(chatId, chosen.file, { onProgress, signal }))
      while (!arrived.isReady) {
        to({ kind: 'checking' })
        await pause(CHECK_EVERY_MS)
        if (signal.aborted) return
        arrived = await api.uploadStatus(chatId, arrived.attachment.id)
      }
      to({ kind: 'ready', attachment: arrived.attachment })
    } catch (error) {
      to({ kind: 'failed', reason: reasonOf(error), canRetry: !isFinal(error) })
    }
  }

  const drop = (chosen: ChosenFile) => {
    files.delete(chosen.key)
    chosen.upload.abort()
    if (chosen.preview !== null) URL.revokeObjectURL(chosen.preview)
  }

  const clear = () => {
    for (const chosen of files.values()) drop(chosen)
    refusal = ''
  }

  return {
    files: () => [...files.values()],
    /** Why the last choice was not taken in whole; empty when it was. */
    refusal: () => refusal,
    isEmpty: () => files.size === 0,

    add(chosen: File[]) {
      const { bytes, perMessage } = limits()
      const small = chosen.filter((file) => file.size <= bytes)
      const taken = small.slice(0, Math.max(0, perMessage - files.size))
      for (const file of taken) {
        const preview = file.type.startsWith('image/') ? URL.createObjectURL(file) : null
        const key = crypto.randomUUID()
        const entry: ChosenFile = {
          ...{ key, file, preview },
          ...{ state: { kind: 'waiting' }, upload: new AbortController() },
        }
        files.set(key, entry)
        void upload(entry)
      }
      const large = chosen.filter((file) => file.size > bytes)
      refusal = [
        largeLabel(large, bytes),
        taken.length < small.length ? `At most ${perMessage} files fit in a message.` : '',
      ]
        .filter((text) => text !== '')
        .join(' ')
      changed()
    },

    retry(key: string) {
      const chosen = files.get(key)
      if (chosen?.state.kind === 'failed') void upload(chosen)
    },

    remove(key: string) {
      const chosen = files.get(key)
      if (chosen) drop(chosen)
      refusal = ''
      changed()
    },

    /** What a message may name; undefined while a file is still on its way, or has failed. */
    ready(): Attachment[] | undefined {
      const all = [...files.values()].map(({ state }) => (state.kind === 'ready' ? [state.attachment] : []))
      return all.every((one) => one.length > 0) ? all.flat() : undefined
    },

    clear,
  }
}

const largeLabel = (files: File[], bytes: number): string => {
  const [first, ...rest] = files
  if (!first) return ''
  const what = rest.length === 0 ? `“${first.name}” is` : `${files.length} files are`
  return `${what} too large: at most ${sizeLabel(bytes)}.`
}
