import { memo, useRef } from 'react'
import type { ChatMessage, OpenChat } from '../types.js'
import { AttachmentList } from './attachment-list.js'
import { Avatar } from './avatar.js'
import { failureText } from './failure-text.js'
import { MessageMenu } from './message-menu.js'
import { useUi } from './parley-ui.js'
import { isPicture } from './picture.js'
import { Tick } from './tick.js'
import { scrollerOf, useHandedFocus } from './use-handed-focus.js'

export interface MessageRowProps {
  readonly chat: OpenChat
  readonly message: ChatMessage
  readonly startsGroup: boolean
  readonly endsGroup: boolean
  /** Where more than two talk, the sides do not say who. */
  readonly hasAuthor: boolean
  /** What was said can still be changed. */
  readonly isOpen: boolean
}

/** One message. Drawn again only when it has changed itself: the client keeps unchanged messages the same objects. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message } = props
  return message.kind === 'system' ? <SystemRow message={message} /> : <UserRow {...props} />
})

function SystemRow({ message }: { message: ChatMessage }) {
  const { labels, formats } = useUi()
  return (
    <li className="parley-system" data-testid="message" data-state="received" data-seq={message.seq}>
      <span data-testid="message-text" dir="auto">
        {message.deletedAt ? labels.deleted : message.content}
      </span>{' '}
      <time dateTime={message.createdAt} title={formats.moment(message.createdAt)}>
        {formats.clock(message.createdAt)}
      </time>
    </li>
  )
}

function UserRow({ chat, message, startsGroup, endsGroup, hasAuthor, isOpen }: MessageRowProps) {
  const { labels, formats } = useUi()
  const { sender, isMine, content, attachments, seq, status } = message
  const isDeleted = message.deletedAt !== null
  const isEmpty = content === '' && !isDeleted
  const hasFace = hasAuthor && !isMine

  return (
    <li
      className="parley-message"
      data-testid="message"
      data-state={status}
      data-seq={seq}
      data-mine={isMine}
      data-starts={startsGroup}
      data-ends={endsGroup}
      data-faced={hasFace}
    >
      {hasFace && endsGroup && <Avatar id={sender.id} name={sender.fullName} />}
      <div
        className="parley-bubble"
        data-deleted={isDeleted}
        data-files={attachments.length > 0 && !isDeleted}
        data-pictures={attachments.some(isPicture) && !isDeleted}
      >
        {startsGroup && (
          <span className={hasFace ? 'parley-author' : 'parley-hidden'}>
            {isMine ? labels.you : sender.fullName}
          </span>
        )}
        {!isDeleted && attachments.length > 0 && <AttachmentList chat={chat} attachments={attachments} />}
        <div className="parley-text-line" dir="auto">
          {!isEmpty && (
            <p className="parley-text" data-testid="message-text">
              {isDeleted ? labels.deleted : content}
            </p>
          )}
          <span className="parley-meta">
            {message.editedAt !== null && !isDeleted && <span>{labels.edited}</span>}
            <time dateTime={message.createdAt} title={formats.moment(message.createdAt)}>
              {formats.clock(message.createdAt)}
            </time>
            {isMine && !isDeleted && <Tick status={status} />}
          </span>
        </div>
      </div>
      {isMine && isOpen && !isDeleted && seq !== null && (
        <MessageMenu chat={chat} seq={seq} content={content} />
      )}
      {status === 'failed' && <Failure chat={chat} message={message} />}
    </li>
  )
}

function Failure({ chat, message }: { chat: OpenChat; message: ChatMessage }) {
  const { labels } = useUi()
  const root = useRef<HTMLDivElement>(null)
  useHandedFocus(root, scrollerOf)
  return (
    <div ref={root} className="parley-failure">
      <span>{message.error ? failureText(message.error, labels) : labels.failed}</span>
      <button
        type="button"
        className="parley-link"
        data-testid="retry"
        onClick={() => message.clientId !== null && chat.retry(message.clientId)}
      >
        {labels.tryAgain}
      </button>
      <button
        type="button"
        className="parley-link"
        data-testid="discard"
        onClick={() => message.clientId !== null && chat.discard(message.clientId)}
      >
        {labels.discard}
      </button>
    </div>
  )
}
