import { type ReactNode, useRef } from 'react'
import { useChat } from '../react/index.js'
import type { ChatState, OpenChat } from '../types.js'
import { Announcer } from './announcer.js'
import { Composer } from './composer.js'
import { ConnectionBanner } from './connection-banner.js'
import { ConversationHeader } from './conversation-header.js'
import { failureText } from './failure-text.js'
import { ChatIcon } from './icons.js'
import { useUi } from './parley-ui.js'
import { Timeline } from './timeline.js'
import { TypingLine } from './typing-line.js'
import { useFileAdding } from './use-file-adding.js'
import { useFileDrop } from './use-file-drop.js'
import { useTakenFocus } from './use-taken-focus.js'

export interface ConversationProps {
  readonly chatId: string
  /** Where there is room for one view only: leads back to the inbox. */
  readonly onBack?: (() => void) | undefined
  /** At the end of the header. */
  readonly headerExtra?: ReactNode
  /** What the chat is about, under the header: an order, an offer. */
  readonly card?: ReactNode
  /** In place of the kit's own. */
  readonly composer?: ReactNode
}

/** One chat: its head, its messages, and where the next one is written. */
export function Conversation({ chatId, onBack, headerExtra, card, composer }: ConversationProps) {
  const { labels } = useUi()
  const { chat, state } = useChat(chatId)
  const root = useRef<HTMLElement>(null)
  const isClosed = state.chat?.closedAt != null
  const canWrite = state.chat !== undefined && !isClosed && !isGone(state)
  const addFiles = useFileAdding(chat)
  const { isOver, dropProps } = useFileDrop(canWrite && composer === undefined ? addFiles : undefined)

  useTakenFocus(root, true, () => root.current?.querySelector<HTMLElement>('.parley-head-title'))

  return (
    <section
      ref={root}
      className="parley-conversation"
      data-testid="conversation"
      data-live={state.isLive}
      aria-label={state.chat?.subject ?? labels.chats}
      {...dropProps}
    >
      <ConversationHeader state={state} onBack={onBack} extra={headerExtra} />
      {card}
      <ConnectionBanner />
      <Body chat={chat} state={state} />
      {isClosed && <p className="parley-closed">{labels.closedChat}</p>}
      {canWrite && (composer ?? <Composer key={chatId} chatId={chatId} />)}
      {isOver && <p className="parley-drop">{labels.dropFiles}</p>}
    </section>
  )
}

function Body({ chat, state }: { readonly chat: OpenChat; readonly state: ChatState }) {
  const { labels } = useUi()
  if (isGone(state)) return <Notice text={labels.notAMember} />
  // What waits to be sent is known before the chat is.
  const isEmpty = !state.chat && state.messages.length === 0
  if (isEmpty && state.error) return <Notice text={failureText(state.error, labels)} />
  if (isEmpty)
    return (
      <div className="parley-notice" role="status">
        <span className="parley-spinner">
          <span className="parley-hidden">{labels.loading}</span>
        </span>
      </div>
    )
  return (
    <>
      <Timeline key={state.chatId} chat={chat} state={state} />
      <Announcer key={`announcer ${state.chatId}`} messages={state.messages} />
      <TypingLine chatId={state.chatId} />
    </>
  )
}

function Notice({ text }: { readonly text: string }) {
  return (
    <p className="parley-notice" role="status">
      <ChatIcon />
      {text}
    </p>
  )
}

function isGone({ error }: ChatState): boolean {
  return error?.code === 'not_a_member'
}
