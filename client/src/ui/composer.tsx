import { type FormEvent, useEffect, useRef } from 'react'
import { useChat } from '../react/index.js'
import { ComposerField } from './composer-field.js'
import { useDraft } from './drafts.js'
import { failureText } from './failure-text.js'
import { AttachIcon, CheckIcon, CloseIcon, EditIcon, SendIcon } from './icons.js'
import { useUi } from './parley-ui.js'
import { TrayView } from './tray-view.js'
import { useFileAdding } from './use-file-adding.js'
import { useLimits } from './use-limits.js'

export interface ComposerProps {
  readonly chatId: string
}

/** Where the next message is put together: its text, and the files that go with it. */
export function Composer({ chatId }: ComposerProps) {
  const { labels } = useUi()
  const { chat, state: chatState } = useChat(chatId)
  const { draft, state } = useDraft(chatId)
  const { text, files, editing } = state
  const limits = useLimits()
  const addFiles = useFileAdding(chat)
  const field = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)

  const excess = limits ? bytesOf(text.trim()) - limits.contentBytes : 0
  const isEmpty = text.trim() === '' && (editing !== null || files.length === 0)
  const isReady = editing !== null || files.every(({ state }) => state.kind === 'ready')
  const canSend = !isEmpty && isReady && excess <= 0
  const problem = excess > 0 ? labels.tooLong(excess) : state.problem

  useEffect(() => {
    if (editing) field.current?.focus()
  }, [editing])
  useEffect(() => chat.stopTyping, [chat])

  async function submit(): Promise<void> {
    if (!canSend) return
    try {
      if (editing) await draft.saveEdit(chat)
      else draft.send(chat)
      chat.stopTyping()
    } catch (error) {
      draft.refuse(failureText(error, labels))
    }
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    void submit()
    field.current?.focus()
  }

  function editLast(): void {
    const last = chatState.messages.findLast((one) => one.isMine && one.seq !== null && !one.deletedAt)
    if (last?.seq) draft.edit(last.seq, last.content)
  }

  return (
    <form className="parley-composer" onSubmit={onSubmit}>
      {editing ? (
        <div className="parley-editing">
          <EditIcon />
          <span className="parley-editing-about">
            <strong>{labels.editing}</strong>
            <bdi className="parley-line">{editing.content}</bdi>
          </span>
          <button
            type="button"
            className="parley-icon-button"
            data-testid="cancel-edit"
            aria-label={labels.cancel}
            title={labels.cancel}
            onClick={() => {
              draft.endEdit()
              field.current?.focus()
            }}
          >
            <CloseIcon />
          </button>
        </div>
      ) : (
        <TrayView
          files={files}
          onRetry={(key) => {
            draft.retryFile(chat, key)
            field.current?.focus()
          }}
          onRemove={(key) => {
            draft.removeFile(key)
            field.current?.focus()
          }}
        />
      )}
      <p className="parley-problem" role="status" data-testid="problem">
        {problem}
      </p>
      <div className="parley-composer-line">
        {addFiles && (
          <>
            <button
              type="button"
              className="parley-icon-button"
              data-testid="attach"
              aria-label={labels.attach}
              title={labels.attach}
              onClick={() => picker.current?.click()}
            >
              <AttachIcon />
            </button>
            <input
              ref={picker}
              type="file"
              multiple
              hidden
              data-testid="file-input"
              aria-label={labels.attach}
              onChange={({ currentTarget }) => {
                addFiles([...(currentTarget.files ?? [])])
                // Or else choosing the same file again would change nothing.
                currentTarget.value = ''
                field.current?.focus()
              }}
            />
          </>
        )}
        <ComposerField
          ref={field}
          value={text}
          onChange={(written) => {
            draft.write(written)
            if (!editing && written.trim() !== '') chat.notifyTyping()
          }}
          onEnter={() => void submit()}
          onEscape={editing ? draft.endEdit : undefined}
          onArrowUp={text === '' && files.length === 0 ? editLast : undefined}
          onBlur={chat.stopTyping}
          onFiles={addFiles}
        />
        <button
          type="submit"
          className="parley-send"
          data-testid="send"
          aria-label={editing ? labels.save : labels.send}
          title={editing ? labels.save : labels.send}
          disabled={!canSend}
        >
          {editing ? <CheckIcon /> : <SendIcon />}
        </button>
      </div>
    </form>
  )
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}
