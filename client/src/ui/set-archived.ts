import type { Parley } from '../types.js'

/** What fails leaves the chat where it is, which is all that there is to see. */
export async function setArchived(client: Parley, chatId: string, isArchived: boolean): Promise<void> {
  try {
    await (isArchived ? client.chats.archive(chatId) : client.chats.unarchive(chatId))
  } catch {
    // The button still says what it would do.
  }
}
