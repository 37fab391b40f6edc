import { type UIEvent, useRef, useState } from 'react'
import { useChats } from '../react/index.js'
import { ChatIcon, CloseIcon, SearchIcon } from './icons.js'
import { InboxItem } from './inbox-item.js'
import { useUi } from './parley-ui.js'
import { useDebounced } from './use-debounced.js'
import { useRovingFocus } from './use-roving-focus.js'
import { useTakenFocus } from './use-taken-focus.js'

const TYPING_PAUSE_MS = 250
/** How far from its end the list is continued. */
const NEAR_END_PX = 600
/** As many as the contract takes. */
const LONGEST_SEARCH = 100

export interface InboxProps {
  /** The chat that is shown beside the list. */
  readonly selectedId?: string | null | undefined
  readonly onOpen: (chatId: string) => void
}

/** One's own chats: those that are not archived, those that are, and a search in each. */
export function Inbox({ selectedId, onOpen }: InboxProps) {
  const { labels } = useUi()
  const [isArchive, setIsArchive] = useState(false)
  const [search, setSearch] = useState('')
  const field = useRef<HTMLInputElement>(null)

  return (
    <section className="parley-inbox" aria-label={labels.inbox}>
      <div className="parley-inbox-head">
        <div className="parley-search">
          <SearchIcon />
          <input
            ref={field}
            type="search"
            data-testid="search"
            aria-label={labels.search}
            placeholder={labels.search}
            maxLength={LONGEST_SEARCH}
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            onKeyDown={(event) => event.key === 'Escape' && setSearch('')}
          />
          {search !== '' && (
            <button
              type="button"
              className="parley-icon-button"
              aria-label={labels.cancel}
              onClick={() => {
                setSearch('')
                field.current?.focus()
              }}
            >
              <CloseIcon />
            </button>
          )}
        </div>
        <div className="parley-tabs">
          <Tab label={labels.chats} testId="chats-tab" isOn={!isArchive} onPick={() => setIsArchive(false)} />
          <Tab
            label={labels.archived}
            testId="archived-tab"
            isOn={isArchive}
            onPick={() => setIsArchive(true)}
          />
        </div>
      </div>
      <ChatItems isArchive={isArchive} search={search} selectedId={selectedId} onOpen={onOpen} />
    </section>
  )
}

interface TabProps {
  readonly label: string
  readonly testId: string
  readonly isOn: boolean
  readonly onPick: () => void
}

function Tab({ label, testId, isOn, onPick }: TabProps) {
  return (
    <button type="button" className="parley-tab" data-testid={testId} aria-pressed={isOn} onClick={onPick}>
      {label}
    </button>
  )
}

interface ChatItemsProps extends InboxProps {
  readonly isArchive: boolean
  readonly search: string
}

function ChatItems({ isArchive, search, selectedId, onOpen }: ChatItemsProps) {
  const { labels } = useUi()
  const q = useDebounced(search.trim(), TYPING_PAUSE_MS)
  const { chats, isLoaded, hasMore, error, loadMore } = useChats({
    archived: isArchive,
    q: q === '' ? undefined : q,
  })
  const scroller = useRef<HTMLDivElement>(null)
  const { tabIndexOf, listProps } = useRovingFocus(
    chats.map(({ id }) => id),
    selectedId,
  )
  useTakenFocus(scroller, isLoaded, () =>
    scroller.current?.querySelector<HTMLElement>('[data-roving][tabindex="0"]'),
  )

  function onScroll({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: UIEvent): void {
    if (hasMore && scrollHeight - scrollTop - clientHeight < NEAR_END_PX) void loadMore()
  }

  return (
    <div
      ref={scroller}
      className="parley-inbox-scroller"
      tabIndex={-1}
      onScroll={onScroll}
      aria-busy={!isLoaded}
    >
      {chats.length > 0 && (
        // biome-ignore lint/a11y/noRedundantRoles: Safari forgets that it is a list when it has no bullets
        <ul role="list" aria-label={isArchive ? labels.archived : labels.chats} {...listProps}>
          {chats.map((chat) => (
            <InboxItem
              key={chat.id}
              chat={chat}
              isSelected={chat.id === selectedId}
              tabIndex={tabIndexOf(chat.id)}
              onOpen={onOpen}
            />
          ))}
        </ul>
      )}
      {hasMore && (
        <button type="button" className="parley-more" onClick={() => void loadMore()}>
          {labels.loading}
        </button>
      )}
      <div role="status">
        {isLoaded && chats.length === 0 && (
          <p className="parley-empty">
            <ChatIcon />
            {q !== '' ? labels.noResults : isArchive ? labels.noArchived : labels.noChats}
          </p>
        )}
        {!isLoaded && error && <p className="parley-empty">{labels.loadFailed}</p>}
        {!isLoaded && !error && <span className="parley-hidden">{labels.loading}</span>}
      </div>
      {!isLoaded && !error && <Placeholders />}
    </div>
  )
}

/** Where the chats will be. */
function Placeholders() {
  return (
    <div className="parley-placeholders" aria-hidden="true">
      <span />
      <span />
      <span />
      <span />
    </div>
  )
}
