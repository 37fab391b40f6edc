import { refused } from './errors.js'
import type { Attachment, UploadedAttachment } from './protocol.js'
import type { Rest } from './rest.js'
import type { OpenChat } from './types.js'
import { wait } from './wait.js'

/** How often a file is asked about that waits for a scanner's verdict. */
const ASK_AGAIN_MS = 1_500
/** An address is not given again shortly before it ends. */
const MARGIN_MS = 20_000
const MOST_ADDRESSES = 500

/** The attachments of one chat: in, and out again. */
export function createAttachments(chatId: string, rest: Rest): Pick<OpenChat, 'upload' | 'attachmentUrl'> {
  const folder = `/chats/${encodeURIComponent(chatId)}/attachments`
  const addresses = new Map<string, { url: string; endsAt: number }>()

  return {
    async upload(file, { onProgress = () => {}, signal } = {}): Promise<Attachment> {
      const form = new FormData()
      if (file.name === undefined) form.append('file', file)
      else form.append('file', file, file.name)
      const { data } = await rest.upload<{ data: UploadedAttachment[] }>(folder, form, onProgress, signal)
      let [upload] = data
      while (upload?.status === 'quarantined') {
        await wait(ASK_AGAIN_MS, signal)
        upload = await rest.call<UploadedAttachment>('POST', `${folder}/${upload.id}/complete`, {})
      }
      if (upload?.status !== 'ready') throw refused('unsupported_type', 'The file was rejected.')
      const { status, ...attachment } = upload
      return attachment
    },

    async attachmentUrl(attachmentId, variant = 'original'): Promise<string> {
      const key = `${attachmentId}/${variant}`
      const known = addresses.get(key)
      if (known && known.endsAt - Date.now() > MARGIN_MS) return known.url
      const path = `${folder}/${encodeURIComponent(attachmentId)}?redirect=false&variant=${variant}`
      const { url, expiresAt } = await rest.call<{ url: string; expiresAt: string }>('GET', path)
      if (addresses.size >= MOST_ADDRESSES) addresses.clear()
      addresses.set(key, { url, endsAt: Date.parse(expiresAt) })
      return url
    },
  }
}
