import type { Bubble, Delivery } from './conversation-store.js'
import { button, createKeyedRows, el, type Row, setText } from './dom.js'
import { clockTime, dayLabel } from './time.js'

export interface ConversationModel {
  title: string
  online: boolean
  presence: string
  archived: boolean
  closed: boolean
  loading: boolean
  hasOlder: boolean
  loadingOlder: boolean
  showAuthors: boolean
  typing: string
  unreadElsewhere: number
  bubbles: Bubble[]
}

export interface ConversationActions {
  back(): void
  toggleArchived(): void
  loadOlder(): void
  /** False keeps the text in the composer. */
  send(text: string): boolean
  input(text: string): void
  leaveComposer(): void
  retry(clientId: string): void
  giveUp(clientId: string): void
}

export type ConversationView = ReturnType<typeof createConversationView>

type BubbleRow = Bubble & { row: 'bubble'; showAuthor: boolean }
type TimelineRow = { row: 'day'; key: string; label: string } | BubbleRow

const DELIVERY: Record<Delivery, { mark: string; label: string }> = {
  sending: { mark: '…', label: 'Sending' },
  sent: { mark: '✓', label: 'Sent' },
  read: { mark: '✓✓', label: 'Read' },
  failed: { mark: '!', label: 'Not sent' },
}

// How far from the end still counts as reading the end.
const NEAR_END_PX = 60

const createDayRow = (): Row<TimelineRow> => {
  const label = el('span')
  return {
    root: el('li', { class: 'day' }, [label]),
    update(item) {
      if (item.row === 'day') setText(label, item.label)
    },
  }
}

const createBubbleRow = (actions: ConversationActions): Row<TimelineRow> => {
  const author = el('span', { class: 'author' })
  const text = el('p', { class: 'text', testid: 'message-text', attributes: { dir: 'auto' } })
  const files = el('p', { class: 'files' })
  const edited = el('span')
  const time = el('time')
  const tick = el('span', { class: 'tick', testid: 'tick', attributes: { role: 'img' } })
  const meta = el('span', { class: 'meta' }, [edited, time, tick])
  const failure = el('p', { class: 'failure' })
  const root = el('li', { class: 'bubble', testid: 'message' }, [author, text, files, meta])
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
      setText(files, item.attachments.map((name) => `Attachment: ${name}`).join('\n'))
      files.hidden = item.attachments.length === 0 || item.deleted
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

const rowsOf = (bubbles: Bubble[], showAuthors: boolean): TimelineRow[] => {
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

export const createConversationView = (actions: ConversationActions) => {
  const back = button('', actions.back, { class: 'quiet back', testid: 'back' })
  const title = el('h3', { class: 'view-title' })
  const presenceText = el('span')
  const presence = el('p', { class: 'presence', testid: 'presence' }, [
    el('span', { class: 'dot', attributes: { 'aria-hidden': 'true' } }),
    presenceText,
  ])
  const archive = button('', actions.toggleArchived, { class: 'quiet', testid: 'archive' })

  const older = button('Load older', actions.loadOlder, { class: 'quiet older', testid: 'load-older' })
  const list = el('ol', { class: 'messages' })
  const hint = el('p', { class: 'empty' })
  const log = el('div', {
    class: 'scroller',
    attributes: { role: 'log', 'aria-label': 'Messages', 'aria-live': 'polite', tabindex: '0' },
  })
  log.append(older, hint, list)
  const typing = el('p', { class: 'typing', testid: 'typing' })

  const field = el('textarea', {
    testid: 'composer',
    attributes: { rows: '1', 'aria-label': 'Message', placeholder: 'Message', autocomplete: 'off' },
  })
  const sendButton = el('button', {
    class: 'primary',
    text: 'Send',
    testid: 'send',
    attributes: { type: 'submit' },
  })
  const form = el('form', { class: 'composer' }, [field, sendButton])
  const closedNote = el('p', { class: 'closed-note', text: 'This conversation is closed.' })

  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX
  const toEnd = () => {
    log.scrollTop = log.scrollHeight
  }
  const jump = button('New messages', toEnd, { class: 'jump' })
  jump.hidden = true
  let pinned = true
  log.addEventListener('scroll', () => {
    pinned = atEnd()
    if (pinned) jump.hidden = true
  })
  // A growing composer (or an on-screen keyboard) takes its room from the log, and must not cover its end.
  new ResizeObserver(() => {
    if (pinned) toEnd()
  }).observe(log)

  const submit = () => {
    const text = field.value
    if (text.trim() !== '' && actions.send(text)) field.value = ''
    field.focus()
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    submit()
  })
  field.addEventListener('keydown', (event) => {
    // While an input method is composing, Enter chooses a candidate.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    submit()
  })
  field.addEventListener('input', () => actions.input(field.value))
  field.addEventListener('blur', actions.leaveComposer)

  const rows = createKeyedRows<TimelineRow>(list, (item) =>
    item.row === 'day' ? createDayRow() : createBubbleRow(actions),
  )
  let firstKey: string | undefined
  let lastKey: string | undefined

  const renderLog = (model: ConversationModel) => {
    const newest = model.bubbles.at(-1)
    const hasNewest = newest !== undefined && newest.key !== lastKey
    const oldest = model.bubbles[0]
    const anchor = firstKey !== undefined && oldest?.key !== firstKey ? rows.get(firstKey) : undefined
    // Measured before anything in the log changes its height.
    const anchorTop = anchor?.offsetTop ?? 0
    older.hidden = !model.hasOlder
    older.disabled = model.loadingOlder
    setText(older, model.loadingOlder ? 'Loading…' : 'Load older')
    hint.hidden = model.bubbles.length > 0
    setText(hint, model.loading ? 'Loading…' : 'No messages yet. Say hello.')
    // History that comes in above, or all at once, is not news to be read out.
    const quiet = model.loading || anchor !== undefined || lastKey === undefined
    log.setAttribute('aria-live', quiet ? 'off' : 'polite')
    rows.render(rowsOf(model.bubbles, model.showAuthors))
    if (anchor?.isConnected) log.scrollTop += anchor.offsetTop - anchorTop
    else if (pinned || lastKey === undefined || (hasNewest && newest.mine)) toEnd()
    else if (hasNewest) jump.hidden = false
    firstKey = oldest?.key
    lastKey = newest?.key
  }

  return {
    root: el('div', { class: 'view conversation' }, [
      el('div', { class: 'view-head' }, [back, el('div', { class: 'heading' }, [title, presence]), archive]),
      el('div', { class: 'log-frame' }, [log, jump]),
      typing,
      form,
      closedNote,
    ]),
    render(model: ConversationModel) {
      setText(back, model.unreadElsewhere > 0 ? `‹ ${model.unreadElsewhere}` : '‹')
      back.setAttribute(
        'aria-label',
        model.unreadElsewhere > 0 ? `Back to chats, ${model.unreadElsewhere} with unread` : 'Back to chats',
      )
      setText(title, model.title)
      setText(presenceText, model.presence)
      presence.dataset.online = String(model.online)
      setText(archive, model.archived ? 'Unarchive' : 'Archive')
      renderLog(model)
      setText(typing, model.typing)
      // Invisible rather than hidden: the list above must not jump when somebody starts to type.
      typing.classList.toggle('is-empty', model.typing === '')
      form.hidden = model.closed
      closedNote.hidden = !model.closed
    },
    draft: () => field.value,
    setDraft: (text: string) => {
      field.value = text
    },
    focusComposer: () => field.focus({ preventScroll: true }),
    toEnd,
  }
}
