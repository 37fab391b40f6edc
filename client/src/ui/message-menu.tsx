import { type FocusEvent, type KeyboardEvent, type MouseEvent, useEffect, useRef, useState } from 'react'
import { useParley } from '../react/index.js'
import type { OpenChat } from '../types.js'
import { draftOf } from './drafts.js'
import { failureText } from './failure-text.js'
import { DeleteIcon, EditIcon, MoreIcon } from './icons.js'
import { useUi } from './parley-ui.js'
import { scrollerOf, useHandedFocus } from './use-handed-focus.js'

export interface MessageMenuProps {
  readonly chat: OpenChat
  readonly seq: number
  readonly content: string
}

type Shown = 'nothing' | 'menu' | 'question'

/** What one can do with one's own message: edit it in the composer, or delete it after being asked once. */
export function MessageMenu({ chat, seq, content }: MessageMenuProps) {
  const { labels } = useUi()
  const client = useParley()
  const [shown, setShown] = useState<Shown>('nothing')
  const [opensUp, setOpensUp] = useState(false)
  const [problem, setProblem] = useState('')
  const root = useRef<HTMLDivElement>(null)
  const opener = useRef<HTMLButtonElement>(null)

  useHandedFocus(root, scrollerOf)
  useEffect(() => {
    if (shown !== 'nothing') root.current?.querySelector<HTMLElement>('[data-first]')?.focus()
  }, [shown])

  function toggle({ currentTarget }: MouseEvent<HTMLElement>): void {
    const scroller = currentTarget.closest('.parley-scroller')?.getBoundingClientRect()
    const { top } = currentTarget.getBoundingClientRect()
    setOpensUp(scroller !== undefined && top > scroller.top + scroller.height / 2)
    setProblem('')
    setShown(shown === 'nothing' ? 'menu' : 'nothing')
  }

  function close(): void {
    setShown('nothing')
    opener.current?.focus()
  }

  function edit(): void {
    setShown('nothing')
    draftOf(client, chat.chatId).edit(seq, content)
  }

  async function remove(): Promise<void> {
    try {
      await chat.delete(seq)
    } catch (error) {
      setProblem(failureText(error, labels))
    }
  }

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    if (shown === 'nothing') return
    if (event.key === 'Escape') close()
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const items = [...(root.current?.querySelectorAll<HTMLElement>('.parley-menu button') ?? [])]
      const at = items.findIndex((item) => item.matches(':focus'))
      items[(at + (event.key === 'ArrowDown' ? 1 : items.length - 1)) % items.length]?.focus()
    } else return
    event.preventDefault()
    event.stopPropagation()
  }

  function onBlur(event: FocusEvent<HTMLElement>): void {
    if (!event.currentTarget.contains(event.relatedTarget)) setShown('nothing')
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it listens to the keys of the buttons inside
    <div ref={root} className="parley-message-actions" onKeyDown={onKeyDown} onBlur={onBlur}>
      <button
        ref={opener}
        type="button"
        className="parley-icon-button parley-message-more"
        data-testid="message-menu"
        aria-label={labels.messageMenu}
        aria-haspopup="menu"
        aria-expanded={shown !== 'nothing'}
        onClick={toggle}
      >
        <MoreIcon />
      </button>
      {shown === 'menu' && (
        <div className="parley-menu" role="menu" data-up={opensUp}>
          <button type="button" role="menuitem" data-first data-testid="edit" onClick={edit}>
            <EditIcon />
            {labels.edit}
          </button>
          <button
            type="button"
            role="menuitem"
            className="parley-danger"
            data-testid="delete"
            onClick={() => setShown('question')}
          >
            <DeleteIcon />
            {labels.delete}
          </button>
        </div>
      )}
      {shown === 'question' && (
        <div className="parley-menu" role="alertdialog" aria-label={labels.askDelete} data-up={opensUp}>
          <p>{problem || labels.askDelete}</p>
          <div className="parley-menu-answers">
            <button type="button" onClick={close}>
              {labels.cancel}
            </button>
            <button
              type="button"
              className="parley-danger"
              data-first
              data-testid="confirm-delete"
              onClick={() => void remove()}
            >
              {labels.delete}
            </button>
          </div>
        </div>
      )}
    </div>
  )
}
