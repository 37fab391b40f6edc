import type { Entry } from '../record/entries.js'
import { membershipOf } from './membership.js'
import type { Judging } from './truth.js'
import type { Accuse } from './violation.js'

interface Bounds {
  least: number
  most: number
}

/** A mark is at least what was acked of it, at most what was asked; unread is what lies beyond it. */
export function judgeUnread(accuse: Accuse): Judging<Entry> {
  const chats = new Map<string, Map<string, Bounds>>()

  function boundsOf(chat: string, user: string): Bounds {
    const users = chats.get(chat) ?? new Map<string, Bounds>()
    chats.set(chat, users)
    const bounds = users.get(user) ?? { least: 0, most: 0 }
    users.set(user, bounds)
    return bounds
  }

  return {
    see(entry) {
      if (entry.kind === 'read') {
        const bounds = boundsOf(entry.chat, entry.user)
        bounds.most = Math.max(bounds.most, entry.seq)
      } else if (entry.kind === 'read acked') {
        const bounds = boundsOf(entry.chat, entry.user)
        bounds.least = Math.max(bounds.least, entry.lastReadSeq)
      } else if (entry.kind === 'acked') {
        const bounds = boundsOf(entry.chat, entry.user)
        bounds.least = Math.max(bounds.least, entry.seq)
      }
    },

    finish(truth) {
      const { id: chat, messages, marks } = truth
      const stays = membershipOf(truth)
      for (const { user, lastSeq, lastReadSeq, unread } of marks) {
        const bounds = boundsOf(chat, user)
        const added = stays.get(user)?.at(-1)?.added ?? 0
        // A new member starts at the chat's end of that moment.
        const start = messages.filter(({ createdRev }) => createdRev < added).length
        const own = messages.findLast(({ sender, kind }) => sender === user && kind === 'user')?.seq ?? 0
        const least = Math.max(bounds.least, own, start)
        const most = Math.max(bounds.most, own, start)
        const where = { kind: 'unread' as const, at: 0, chat, user }
        if (unread !== lastSeq - lastReadSeq)
          accuse({ ...where, text: `unread is ${unread}, lastSeq ${lastSeq}, lastReadSeq ${lastReadSeq}` })
        if (lastReadSeq < least)
          accuse({ ...where, text: `lastReadSeq is ${lastReadSeq}, and ${least} was acked` })
        if (lastReadSeq > most)
          accuse({ ...where, text: `lastReadSeq is ${lastReadSeq}, and at most ${most} was asked for` })
      }
      chats.delete(chat)
    },
  }
}
