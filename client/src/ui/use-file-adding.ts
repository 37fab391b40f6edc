import type { OpenChat } from '../types.js'
import { useDraft } from './drafts.js'
import { filesTaken } from './files-taken.js'
import { useUi } from './parley-ui.js'
import { useLimits } from './use-limits.js'

/** Puts files into the message that is being written; undefined while none can be. */
export function useFileAdding(chat: OpenChat): ((files: readonly File[]) => void) | undefined {
  const ui = useUi()
  const limits = useLimits()
  const { draft, state } = useDraft(chat.chatId)
  // What is edited keeps the files that it has.
  if (!limits || limits.attachmentBytes === 0 || state.editing) return undefined
  return (files) => {
    const { taken, refusal } = filesTaken(files, state.files.length, limits, ui)
    draft.addFiles(chat, taken)
    draft.refuse(refusal)
  }
}
