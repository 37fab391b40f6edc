import { type ComposerActions, type ComposerModel, createComposer } from './composer.js'
import type { Bubble } from './conversation-store.js'
import { button, createKeyedRows, el, setText } from './dom.js'
import { takeDrops } from './file-drop.js'
import { createWhenNear } from './near.js'
import { createTimelineRow, rowsOf, type TimelineActions, type TimelineRow } from './timeline.js'

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
  composer: ComposerModel
}

export interface ConversationActions extends ComposerActions, TimelineActions {
  back(): void
  toggleArchived(): void
  loadOlder(): void
}

export type ConversationView = ReturnType<typeof createConversationView>

// How far from the end still counts as reading the end.
const NEAR_END_PX = 60

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

  const composer = createComposer(actions)
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

  const whenNear = createWhenNear(log)
  const rows = createKeyedRows<TimelineRow>(list, (item) => createTimelineRow(item, actions, whenNear))
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

  const root = el('div', { class: 'view conversation' }, [
    el('div', { class: 'view-head' }, [back, el('div', { class: 'heading' }, [title, presence]), archive]),
    el('div', { class: 'log-frame' }, [log, jump]),
    typing,
    composer.root,
    closedNote,
  ])
  let takesFiles = false
  takeDrops(root, () => takesFiles, actions.attach)

  return {
    root,
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
      composer.render(model.composer)
      composer.root.hidden = model.closed
      takesFiles = model.composer.canAttach && !model.closed
      closedNote.hidden = !model.closed
    },
    composer,
    toEnd,
  }
}
