import type { OpenChat } from '../types.js'

/** Shows the file itself in a new tab. `done` hears why that failed, or nothing. */
export async function openFile(
  chat: OpenChat,
  attachmentId: string,
  done: (error?: unknown) => void,
): Promise<void> {
  try {
    // Addresses are good for a few minutes only, so that each is asked for when it is needed.
    const url = await chat.attachmentUrl(attachmentId)
    window.open(url, '_blank', 'noopener,noreferrer')
    done()
  } catch (error) {
    done(error)
  }
}
