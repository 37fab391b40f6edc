// The frame of one person's phone: whose it is, how its connection stands, a notice, and one view at a time.

import { button, el, setText } from './dom.js'
import { initialsOf } from './labels.js'
import type { ConnectionStatus } from './socket.js'

export interface PhoneOptions {
  userId: string
  fullName: string
  role: string
  reconnect(): void
}

const NOTICE_LASTS_MS = 6_000

const STATUS_TEXT = {
  connecting: 'Connecting…',
  online: 'Connected',
  waiting: 'Reconnecting…',
} as const

export const createPhone = ({ userId, fullName, role, reconnect }: PhoneOptions) => {
  let noticeTimer: number | undefined
  const statusText = el('span')
  const again = button('Reconnect', reconnect, { class: 'link', testid: 'reconnect' })
  const status = el('p', { class: 'status', testid: 'status', attributes: { role: 'status' } }, [
    el('span', { class: 'dot', attributes: { 'aria-hidden': 'true' } }),
    statusText,
  ])
  const notice = el('p', { class: 'notice', testid: 'notice', attributes: { role: 'status' } })
  notice.hidden = true
  const body = el('div', { class: 'phone-body' })
  const heading = el('h2', { text: fullName, attributes: { id: `pane-${userId}-name` } })
  const root = el(
    'section',
    {
      class: `phone phone-${role}`,
      testid: `pane-${userId}`,
      attributes: { 'aria-labelledby': `pane-${userId}-name` },
    },
    [
      el('header', { class: 'phone-bar' }, [
        el('span', { class: 'avatar', text: initialsOf(fullName), attributes: { 'aria-hidden': 'true' } }),
        el('div', { class: 'heading' }, [heading, el('p', { class: 'role', text: role })]),
        status,
        again,
      ]),
      notice,
      body,
    ],
  )

  return {
    root,
    show: (view: HTMLElement) => body.replaceChildren(view),
    notice(text: string) {
      clearTimeout(noticeTimer)
      setText(notice, text)
      notice.hidden = false
      noticeTimer = setTimeout(() => {
        notice.hidden = true
      }, NOTICE_LASTS_MS)
    },
    setStatus(next: ConnectionStatus) {
      root.dataset.connection = next.kind
      again.hidden = next.kind !== 'stopped'
      setText(statusText, next.kind === 'stopped' ? next.reason : STATUS_TEXT[next.kind])
    },
  }
}
