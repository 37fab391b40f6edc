import { memo, useRef } from 'react'
import { withoutMember } from '../members.js'
import type { ListedChat } from '../protocol.js'
import { useParley, usePresence } from '../react/index.js'
import { Avatar } from './avatar.js'
import { ArchiveIcon, UnarchiveIcon } from './icons.js'
import { useUi } from './parley-ui.js'
import { titleOf } from './people.js'
import { setArchived } from './set-archived.js'
import { snippetOf } from './snippet.js'
import { scrollerOf, useHandedFocus } from './use-handed-focus.js'

export interface InboxItemProps {
  readonly chat: ListedChat
  readonly isSelected: boolean
  /** 0 for the one that the Tab key stops at, else -1. */
  readonly tabIndex: number
  readonly onOpen: (chatId: string) => void
}

export const InboxItem = memo(function InboxItem({ chat, isSelected, tabIndex, onOpen }: InboxItemProps) {
  const { labels, formats } = useUi()
  const client = useParley()
  const root = useRef<HTMLLIElement>(null)
  useHandedFocus(root, neighbourOf)
  const others = withoutMember(chat.members, client.user?.id)
  const title = titleOf(chat, others, labels.nobodyElse)
  const { lastMessage, mine } = chat
  const isArchived = mine.archivedAt !== null
  const face = { id: others[0]?.userId ?? chat.id, name: others[0]?.fullName ?? title }

  return (
    <li
      ref={root}
      className="parley-item"
      data-testid="chat-item"
      data-unread={mine.unread > 0}
      data-chat-id={chat.id}
    >
      <button
        type="button"
        className="parley-item-open"
        data-roving={chat.id}
        tabIndex={tabIndex}
        aria-current={isSelected ? 'true' : undefined}
        onClick={() => onOpen(chat.id)}
      >
        {isSelected ? (
          <LiveAvatar chatId={chat.id} {...face} />
        ) : (
          <Avatar {...face} isOnline={others.length === 1 && others[0]?.online} />
        )}
        <span className="parley-item-body">
          <span className="parley-item-line">
            <span className="parley-item-title">
              <bdi className="parley-line">{title}</bdi>
            </span>
            <time className="parley-item-time" dateTime={lastMessage?.createdAt ?? chat.createdAt}>
              {formats.listTime(lastMessage?.createdAt ?? chat.createdAt)}
            </time>
          </span>
          <span className="parley-item-line">
            <span className="parley-item-snippet">
              <bdi className="parley-line">
                {lastMessage
                  ? snippetOf(lastMessage, client.user?.id, labels, others.length > 1)
                  : labels.noMessages}
              </bdi>
            </span>
            {mine.unread > 0 && (
              <span className="parley-badge" data-testid="unread">
                <span aria-hidden="true">{formats.number(mine.unread)}</span>
                <span className="parley-hidden">{labels.unread(mine.unread)}</span>
              </span>
            )}
          </span>
          {chat.orderId !== null && <span className="parley-order">{labels.order(chat.orderId)}</span>}
        </span>
      </button>
      <button
        type="button"
        className="parley-icon-button parley-item-archive"
        data-testid={isArchived ? 'unarchive' : 'archive'}
        tabIndex={tabIndex}
        aria-label={`${isArchived ? labels.unarchive : labels.archive}: ${title}`}
        title={isArchived ? labels.unarchive : labels.archive}
        onClick={() => void setArchived(client, chat.id, !isArchived)}
      >
        {isArchived ? <UnarchiveIcon /> : <ArchiveIcon />}
      </button>
    </li>
  )
})

function neighbourOf(row: HTMLElement): HTMLElement | null {
  const neighbour = row.nextElementSibling ?? row.previousElementSibling
  return neighbour?.querySelector<HTMLElement>('[data-roving]') ?? scrollerOf(row)
}

/** The list says who was there when it was loaded; of the chat that is open more is known. */
function LiveAvatar({ chatId, id, name }: { chatId: string; id: string; name: string }) {
  const { others, isLive } = usePresence(chatId)
  return <Avatar id={id} name={name} isOnline={isLive && others.length === 1 && others[0]?.online} />
}
