import type { Attachment } from '../protocol.js'
import type { OpenChat } from '../types.js'
import { isTemporary } from './is-temporary.js'
import { keepPreview } from './previews.js'
import { createTurns } from './turns.js'

/**
 *     waiting ──> sending ──> ready
 *        ^           └──────> failed
 *        └────── retry ─────────┘
 */
export type UploadState =
  | { readonly kind: 'waiting' }
  /** `sent` goes from 0 to 1; then the server looks at the file. */
  | { readonly kind: 'sending'; readonly sent: number }
  | { readonly kind: 'ready'; readonly attachment: Attachment }
  | { readonly kind: 'failed'; readonly error: unknown; readonly canRetry: boolean }

export interface ChosenFile {
  readonly key: string
  readonly file: File
  /** An address of the image; null for other files. */
  readonly preview: string | null
  readonly state: UploadState
}

type Uploader = Pick<OpenChat, 'upload'>

/** Uploads of this page at once: a browser has few connections to one server, and others need some too. */
const inTurn = createTurns(3)
let chosenSoFar = 0

/**
 * The files chosen for the next message of one chat. Each is uploaded as soon as it is chosen, also while other chats are
 * looked at, and nobody else sees it before a message names it.
 */
export function createTray(changed: () => void) {
  const files = new Map<string, ChosenFile>()
  const uploads = new Map<string, AbortController>()

  async function upload(chat: Uploader, { key, file }: ChosenFile): Promise<void> {
    const abort = new AbortController()
    uploads.set(key, abort)
    const { signal } = abort
    function to(state: UploadState): void {
      const chosen = files.get(key)
      // What an upload says after it was taken out is about nothing any more.
      if (!chosen || signal.aborted) return
      files.set(key, { ...chosen, state })
      changed()
    }
    to({ kind: 'waiting' })
    try {
      const onProgress = (sent: number) => to({ kind: 'sending', sent })
      const attachment = await inTurn(() => chat.upload(file, { onProgress, signal }))
      to({ kind: 'ready', attachment })
    } catch (error) {
      to({ kind: 'failed', error, canRetry: isTemporary(error) })
    }
  }

  return {
    files: () => [...files.values()],

    add(chat: Uploader, chosen: readonly File[]): void {
      for (const file of chosen) {
        const key = `file ${++chosenSoFar}`
        const preview = file.type.startsWith('image/') ? URL.createObjectURL(file) : null
        const entry: ChosenFile = { key, file, preview, state: { kind: 'waiting' } }
        files.set(key, entry)
        void upload(chat, entry)
      }
    },

    retry(chat: Uploader, key: string): void {
      const chosen = files.get(key)
      if (chosen?.state.kind === 'failed') void upload(chat, chosen)
    },

    remove(key: string): void {
      const preview = files.get(key)?.preview
      if (preview) URL.revokeObjectURL(preview)
      files.delete(key)
      uploads.get(key)?.abort()
      uploads.delete(key)
      changed()
    },

    /** What a message can name. */
    ready: (): Attachment[] =>
      [...files.values()].flatMap(({ state }) => (state.kind === 'ready' ? [state.attachment] : [])),

    /** The message has them now, and shows their previews. */
    clear(): void {
      for (const { state, preview } of files.values())
        if (state.kind === 'ready' && preview !== null) keepPreview(state.attachment.id, preview)
      files.clear()
      uploads.clear()
      changed()
    },
  }
}
