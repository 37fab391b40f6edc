import { createListeners } from '../listeners.js'
import type { Observable, OpenChat } from '../types.js'
import { type ChosenFile, createTray } from './tray.js'

export interface DraftState {
  readonly text: string
  readonly files: readonly ChosenFile[]
  /** The message that the text will take the place of. */
  readonly editing: { readonly seq: number; readonly content: string } | null
  /** Why the last thing that was tried did not work; empty when it did. */
  readonly problem: string
}

export interface Draft extends Observable<DraftState> {
  write(text: string): void
  refuse(problem: string): void
  addFiles(chat: OpenChat, files: readonly File[]): void
  retryFile(chat: OpenChat, key: string): void
  removeFile(key: string): void
  /** @throws what `chat.send` throws: then all is kept */
  send(chat: OpenChat): void
  /** Brings a message of one's own back to be written anew. What had been begun is put aside for as long. */
  edit(seq: number, content: string): void
  saveEdit(chat: OpenChat): Promise<void>
  endEdit(): void
}

/** What is being written in one chat, and not sent yet. */
export function createDraft(): Draft {
  const { add, tell } = createListeners()
  const tray = createTray(() => set({ files: tray.files() }))
  let state: DraftState = { text: '', files: [], editing: null, problem: '' }
  let aside = ''

  function set(change: Partial<DraftState>): void {
    state = { ...state, ...change }
    tell()
  }

  function endEdit(): void {
    set({ editing: null, text: aside, problem: '' })
    aside = ''
  }

  return {
    get state() {
      return state
    },
    subscribe: add,
    write: (text) => set({ text, problem: '' }),
    refuse: (problem) => set({ problem }),
    addFiles: tray.add,
    retryFile: tray.retry,

    removeFile(key) {
      tray.remove(key)
      set({ problem: '' })
    },

    send(chat) {
      chat.send(state.text.trim(), { attachments: tray.ready() })
      tray.clear()
      set({ text: '', problem: '' })
    },

    edit(seq, content) {
      if (!state.editing) aside = state.text
      set({ editing: { seq, content }, text: content, problem: '' })
    },

    async saveEdit(chat) {
      const { editing, text } = state
      if (!editing) return
      if (text.trim() !== editing.content) await chat.edit(editing.seq, text.trim())
      // Another one may have been begun meanwhile.
      if (state.editing === editing) endEdit()
    },

    endEdit,
  }
}
