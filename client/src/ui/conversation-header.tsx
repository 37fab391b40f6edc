import type { ReactNode } from 'react'
import { useChats, useParley, usePresence } from '../react/index.js'
import type { ChatState } from '../types.js'
import { Avatar } from './avatar.js'
import { ArchiveIcon, BackIcon, UnarchiveIcon } from './icons.js'
import { useUi } from './parley-ui.js'
import { titleOf } from './people.js'
import { setArchived } from './set-archived.js'

export interface ConversationHeaderProps {
  readonly state: ChatState
  readonly onBack?: (() => void) | undefined
  readonly extra?: ReactNode
}

/** Who one talks to, whether they are there, and what can be done with the chat as a whole. */
export function ConversationHeader({ state, onBack, extra }: ConversationHeaderProps) {
  const { labels } = useUi()
  const client = useParley()
  const { chatId, chat, mine } = state
  const { others, isLive } = usePresence(chatId)
  const title = chat ? titleOf(chat, others, labels.nobodyElse) : ''
  const isArchived = mine?.archivedAt != null
  const isOnline = isLive && others.some(({ online }) => online)

  return (
    <header className="parley-head">
      {onBack && <BackButton chatId={chatId} onBack={onBack} />}
      <Avatar
        id={others[0]?.userId ?? chatId}
        name={others[0]?.fullName ?? title}
        isOnline={others.length === 1 && isOnline}
      />
      <div className="parley-head-about">
        <h2 className="parley-head-title" tabIndex={-1}>
          <bdi className="parley-line">{title}</bdi>
        </h2>
        <Presence chatId={chatId} />
      </div>
      {extra}
      {mine && (
        <button
          type="button"
          className="parley-icon-button"
          data-testid={isArchived ? 'unarchive' : 'archive'}
          aria-label={isArchived ? labels.unarchive : labels.archive}
          title={isArchived ? labels.unarchive : labels.archive}
          onClick={() => void setArchived(client, chatId, !isArchived)}
        >
          {isArchived ? <UnarchiveIcon /> : <ArchiveIcon />}
        </button>
      )}
    </header>
  )
}

function BackButton({ chatId, onBack }: { readonly chatId: string; readonly onBack: () => void }) {
  const { labels, formats } = useUi()
  const elsewhere = useChats().chats.filter(({ id, mine }) => id !== chatId && mine.unread > 0).length
  return (
    <button
      type="button"
      className="parley-icon-button parley-back"
      data-testid="back"
      aria-label={labels.back(elsewhere)}
      onClick={onBack}
    >
      <BackIcon />
      {elsewhere > 0 && <span className="parley-badge">{formats.number(elsewhere)}</span>}
    </button>
  )
}

function Presence({ chatId }: { readonly chatId: string }) {
  const { labels, formats } = useUi()
  const { others, isLive } = usePresence(chatId)
  const [first, ...rest] = others
  const online = others.filter((member) => member.online).length

  function text(): string {
    if (!first) return ''
    // What was known when there was a connection is not known any more.
    if (!isLive) return others.length === 1 ? '' : others.map(({ fullName }) => fullName).join(', ')
    if (rest.length > 0) return labels.membersOnline(online, others.length)
    if (first.online) return labels.online
    return first.lastSeen === null ? labels.offline : labels.lastSeen(formats.listTime(first.lastSeen))
  }

  return (
    <p className="parley-presence" data-testid="presence" data-online={isLive && online > 0}>
      {text()}
    </p>
  )
}
