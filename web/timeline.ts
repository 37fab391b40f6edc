// A conversation's rows: the messages, and the days they were said on.

import {
  type AttachmentActions,
  type AttachmentRow,
  createAttachmentRow,
  isPicture,
} from './attachment-view.js'
import type { Bubble, Delivery } from './conversation-store.js'
import { button, createKeyedRows, el, type Row, setText } from './dom.js'
import type { WhenNear } from './near.js'
import { clockTime, dayLabel } from './time.js'

export interface TimelineActions extends AttachmentActions {
  retry(clientId: string): void
  giveUp(clientId: string): void
}

type BubbleRow = Bubble & { row: 'bubble'; showAuthor: boolean }
export type TimelineRow = { row: 'day'; key: string; label: string } | BubbleRow

const DELIVERY: Record<Delivery, { mark: string; label: string }> = {
  sending: { mark: '…', label: 'Sending' },
  sent: { mark: '✓', label: 'Sent' },
  read: { mark: '✓✓', label: 'Read' },
  failed: { mark: '!', label: 'Not sent' },
}

const createDayRow = (): Row<TimelineRow> => {
  const label = el('span')
  return {
    root: el('li', { class: 'day' }, [label]),
    update(item) {
      if (item.row === 'day') setText(label, item.label)
    },
  }
}

const createBubbleRow = (actions: TimelineActions, whenNear: WhenNear): Row<TimelineRow> => {
  const author = el('span', { class: 'author' })
  const text = el('p', { class: 'text', testid: 'message-text', attributes: { dir: 'auto' } })
  const files = el('ul', { class: 'attachments' })
  const fileRows = createKeyedRows<AttachmentRow>(files, (file) =>
    createAttachmentRow(file, actions, whenNear),
  )
  const edited = el('span')
  const time = el('time')
  const tick = el('span', { class: 'tick', testid: 'tick', attributes: { role: 'img' } })
  const meta = el('span', { class: 'meta' }, [edited, time, tick])
  const failure = el('p', { class: 'failure' })
  const root = el('li', { class: 'bubble', testid: 'message' }, [author, files, text, meta])
  let failureFor: string | undefined

  return {
    root,
    update(item) {
      if (item.row !== 'bubble') return
      root.classList.toggle('mine', item.mine)
      root.classList.toggle('system', item.kind === 'system')
      root.classList.toggle('deleted', item.deleted)
      // Names repeat what the sides already show when two people talk; who only listens needs them always.
      author.classList.toggle('visually-hidden', !item.showAuthor)
      setText(author, item.kind === 'system' ? '' : `${item.mine ? 'You' : item.author}: `)
      setText(text, item.deleted ? 'Message deleted' : item.text)
      text.hidden = !item.deleted && item.text === ''
      const shown = item.deleted ? [] : item.attachments
      fileRows.render(shown.map((file) => ({ ...file, key: file.id })))
      files.hidden = shown.length === 0
      files.classList.toggle('is-grid', shown.filter(isPicture).length > 1)
      root.classList.toggle('has-files', shown.length > 0)
      setText(edited, item.edited && !item.deleted ? 'edited' : '')
      setText(time, clockTime(item.at))
      time.dateTime = item.at
      tick.hidden = item.delivery === null || item.deleted
      root.dataset.state = item.delivery ?? 'received'
      if (item.delivery) {
        setText(tick, DELIVERY[item.delivery].mark)
        tick.setAttribute('aria-label', DELIVERY[item.delivery].label)
      }
      if (item.failure?.clientId === failureFor) return
      failureFor = item.failure?.clientId
      failure.remove()
      if (!item.failure) return
      const { clientId, reason } = item.failure
      failure.replaceChildren(
        `${reason}. `,
        button('Try again', () => actions.retry(clientId), { class: 'link' }),
        button('Discard', () => actions.giveUp(clientId), { class: 'link' }),
      )
      root.append(failure)
    },
  }
}

export const createTimelineRow = (
  item: TimelineRow,
  actions: TimelineActions,
  whenNear: WhenNear,
): Row<TimelineRow> => (item.row === 'day' ? createDayRow() : createBubbleRow(actions, whenNear))

export const rowsOf = (bubbles: Bubble[], showAuthors: boolean): TimelineRow[] => {
  const rows: TimelineRow[] = []
  let day = ''
  let author = ''
  for (const bubble of bubbles) {
    const label = dayLabel(bubble.at)
    if (label !== day) {
      rows.push({ row: 'day', key: `d:${label}`, label })
      author = ''
    }
    day = label
    rows.push({
      ...bubble,
      row: 'bubble',
      showAuthor: showAuthors && !bubble.mine && bubble.kind === 'user' && bubble.author !== author,
    })
    author = bubble.author
  }
  return rows
}
