import { useEffect, useMemo, useRef, useState } from 'react'
import type { ChatState, OpenChat } from '../types.js'
import { KeptScroll, type ScrollPosition } from './kept-scroll.js'
import { MessageRow } from './message-row.js'
import { useUi } from './parley-ui.js'
import { rowsOf } from './timeline-rows.js'
import { ToNewest } from './to-newest.js'
import { usePageIsVisible } from './use-page-is-visible.js'

export interface TimelineProps {
  readonly chat: OpenChat
  readonly state: ChatState
}

const START: ScrollPosition = { isAtEnd: true, isFarFromEnd: false, isNearTop: false, isNearEnd: false }

/**
 * The messages of a chat. The client holds a bounded number of them: more are fetched before an edge is reached, and what
 * is seen at the end is read.
 */
export function Timeline({ chat, state }: TimelineProps) {
  const { labels, formats } = useUi()
  const { messages, hasOlder, hasNewer, unread, isLive } = state
  const scroll = useRef<KeptScroll>(null)
  const [position, setPosition] = useState(START)
  const [hasFailed, setHasFailed] = useState(false)
  const isVisible = usePageIsVisible()
  const rows = useMemo(() => rowsOf(messages), [messages])
  const last = messages.at(-1)

  async function fetchPage(load: () => Promise<void>): Promise<void> {
    try {
      await load()
      setHasFailed(false)
    } catch {
      setHasFailed(true)
    }
  }

  function onMove(moved: ScrollPosition): void {
    setPosition((known) => (isSame(known, moved) ? known : moved))
    if (!hasFailed) fetchNear(moved)
  }

  function fetchNear({ isNearTop, isNearEnd }: ScrollPosition): void {
    // What is fetched may be here, and not drawn yet.
    const now = chat.state
    if (now.isLoading || now.chat === undefined) return
    if (isNearTop && now.hasOlder) void fetchPage(chat.loadOlder)
    else if (isNearEnd && now.hasNewer) void fetchPage(chat.loadNewer)
  }

  async function showNewest(): Promise<void> {
    if (hasNewer) await fetchPage(chat.showNewest)
    scroll.current?.toEnd()
  }

  useEffect(() => {
    if (isLive) setHasFailed(false)
  }, [isLive])

  useEffect(() => {
    if (isVisible && position.isAtEnd && !hasNewer && unread > 0) chat.markRead()
  }, [chat, isVisible, position.isAtEnd, hasNewer, unread])

  const isAway = !position.isAtEnd && (position.isFarFromEnd || unread > 0)
  const areMany = state.members.length > 2
  return (
    <div className="parley-timeline">
      <KeptScroll
        ref={scroll}
        label={labels.messages}
        isWhole={!hasNewer}
        endKey={last?.status === 'sending' ? last.key : undefined}
        onMove={onMove}
      >
        {hasOlder && (
          <li className="parley-older" key="older">
            {hasFailed ? (
              <button type="button" className="parley-link" onClick={() => void fetchPage(chat.loadOlder)}>
                {labels.tryAgain}
              </button>
            ) : (
              <span className="parley-spinner">
                <span className="parley-hidden">{labels.loading}</span>
              </span>
            )}
          </li>
        )}
        {rows.map((row) =>
          row.kind === 'day' ? (
            <li key={row.key} className="parley-day">
              <time dateTime={row.at}>{formats.day(row.at)}</time>
            </li>
          ) : (
            <MessageRow
              key={row.key}
              chat={chat}
              message={row.message}
              startsGroup={row.startsGroup}
              endsGroup={row.endsGroup}
              hasAuthor={areMany}
              isOpen={state.chat?.closedAt === null}
            />
          ),
        )}
      </KeptScroll>
      {state.chat && messages.length === 0 && <p className="parley-no-messages">{labels.noMessages}</p>}
      {(hasNewer || isAway) && <ToNewest unread={unread} onClick={() => void showNewest()} />}
    </div>
  )
}

function isSame(a: ScrollPosition, b: ScrollPosition): boolean {
  return (
    a.isAtEnd === b.isAtEnd &&
    a.isFarFromEnd === b.isFarFromEnd &&
    a.isNearTop === b.isNearTop &&
    a.isNearEnd === b.isNearEnd
  )
}
