import { button, createKeyedRows, el, type Row, setText } from './dom.js'
import type { InboxItem } from './inbox-store.js'
import { listTime } from './time.js'

export interface InboxModel {
  items: InboxItem[]
  showArchived: boolean
  loading: boolean
  hasMore: boolean
}

export interface InboxActions {
  open(chatId: string): void
  toggleArchived(): void
  more(): void
  /** Absent for whoever does not start conversations. */
  newInquiry?: () => void
}

export type InboxView = ReturnType<typeof createInboxView>

type KeyedItem = InboxItem & { key: string }

const createItemRow = (item: KeyedItem, open: (chatId: string) => void): Row<KeyedItem> => {
  const title = el('span', { class: 'chat-title' })
  const time = el('time', { class: 'chat-time' })
  const snippet = el('span', { class: 'chat-snippet', attributes: { dir: 'auto' } })
  const badge = el('span', { class: 'badge', testid: 'unread', attributes: { role: 'img' } })
  const lower = el('span', { class: 'chat-line' }, [snippet])
  const opener = button('', () => open(item.chatId), {
    class: 'chat-item',
    testid: 'chat-item',
    attributes: { 'data-chat-id': item.chatId },
  })
  opener.append(el('span', { class: 'chat-line' }, [title, time]), lower)
  return {
    root: el('li', {}, [opener]),
    update(next) {
      setText(title, next.title)
      setText(time, listTime(next.at))
      time.dateTime = next.at
      setText(snippet, next.snippet)
      opener.classList.toggle('is-unread', next.unread > 0)
      if (next.unread > 0) {
        setText(badge, next.unread > 99 ? '99+' : String(next.unread))
        badge.setAttribute('aria-label', `${next.unread} unread`)
        if (!badge.isConnected) lower.append(badge)
      } else {
        badge.remove()
      }
    },
  }
}

export const createInboxView = (actions: InboxActions) => {
  const heading = el('h3', { class: 'view-title', attributes: { tabindex: '-1' } })
  const toggle = button('', actions.toggleArchived, { class: 'quiet', testid: 'unarchive-toggle' })
  const list = el('ul', { class: 'chat-list' })
  const empty = el('p', { class: 'empty' })
  const more = button('Show more', actions.more, { class: 'quiet more' })
  const foot = el('div', { class: 'view-foot' })
  if (actions.newInquiry) {
    foot.append(button('New inquiry', actions.newInquiry, { class: 'primary wide', testid: 'new-inquiry' }))
  } else {
    foot.hidden = true
  }
  const rows = createKeyedRows<KeyedItem>(list, (item) => createItemRow(item, actions.open))

  return {
    root: el('div', { class: 'view inbox' }, [
      el('div', { class: 'view-head' }, [heading, toggle]),
      el('div', { class: 'scroller' }, [list, more, empty]),
      foot,
    ]),
    render(model: InboxModel) {
      setText(heading, model.showArchived ? 'Archived' : 'Chats')
      setText(toggle, model.showArchived ? 'Back to chats' : 'Archived')
      toggle.setAttribute('aria-pressed', String(model.showArchived))
      rows.render(model.items.map((item) => ({ ...item, key: item.chatId })))
      more.hidden = !model.hasMore
      empty.hidden = model.items.length > 0
      setText(
        empty,
        model.loading ? 'Loading…' : model.showArchived ? 'Nothing is archived.' : 'No chats yet.',
      )
    },
    /** Back where one came from, for those who work without a pointer. */
    focusItem(chatId: string | undefined) {
      const row = chatId === undefined ? undefined : rows.get(chatId)
      const target = row?.querySelector('button') ?? heading
      target.focus({ preventScroll: true })
    },
  }
}
