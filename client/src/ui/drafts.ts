import { useSyncExternalStore } from 'react'
import { useParley } from '../react/index.js'
import type { Parley } from '../types.js'
import { createDraft, type Draft, type DraftState } from './draft.js'

/** Chats whose drafts are kept; of more the one that was begun first is let go. */
const MOST = 100

const drafts = new WeakMap<Parley, Map<string, Draft>>()

/** What is being written in this chat: kept while other chats are looked at. */
export function draftOf(client: Parley, chatId: string): Draft {
  const known = drafts.get(client) ?? new Map<string, Draft>()
  drafts.set(client, known)
  const draft = known.get(chatId) ?? createDraft()
  known.set(chatId, draft)
  const [oldest] = known.keys()
  if (known.size > MOST && oldest !== undefined) known.delete(oldest)
  return draft
}

export function useDraft(chatId: string): { draft: Draft; state: DraftState } {
  const draft = draftOf(useParley(), chatId)
  const read = () => draft.state
  return { draft, state: useSyncExternalStore(draft.subscribe, read, read) }
}
