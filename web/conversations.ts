import type { ConversationStore } from './conversation-store.js'
import type { Tray } from './tray.js'

/** All that a person has of one chat. */
export interface Conversation {
  store: ConversationStore
  tray: Tray
  /** What was typed, while another view is on the screen. */
  draft: string
}

const KEPT = 20

const hasUnsent = ({ store, tray, draft }: Conversation) =>
  store.unsentCount() > 0 || !tray.isEmpty() || draft !== ''

/** Kept after going back: what is unsent stays on its way, and coming back resumes instead of loading anew. */
export const createConversations = (create: (chatId: string) => Conversation) => {
  const kept = new Map<string, Conversation>()

  return {
    stores: () => [...kept.values()].map(({ store }) => store),

    of(chatId: string): Conversation {
      const known = kept.get(chatId)
      if (known) return known
      for (const [id, conversation] of kept) {
        if (kept.size < KEPT) break
        if (!hasUnsent(conversation)) kept.delete(id)
      }
      const conversation = create(chatId)
      kept.set(chatId, conversation)
      return conversation
    },

    forget(chatId: string) {
      kept.get(chatId)?.tray.clear()
      kept.delete(chatId)
    },
  }
}
