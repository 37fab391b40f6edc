import type { Entry, EntryOf } from '../record/entries.js'
import type { Judging } from './truth.js'
import type { Accuse } from './violation.js'

/** Every session's stream of a chat moves by one, from where the data that it was given stands. */
export function judgeStreams(accuse: Accuse): Judging<Entry> {
  /** The last rev told, by session and chat; not there while nothing may be told. */
  const positions = new Map<string, Map<string, number>>()

  function positionsOf(session: string): Map<string, number> {
    const chats = positions.get(session) ?? new Map<string, number>()
    positions.set(session, chats)
    return chats
  }

  function joined({ at, session, user, chat, after, rev, complete, reset }: EntryOf<'joined'>): void {
    const where = { at, session, user, chat, rev }
    if (reset) accuse({ kind: 'reset', ...where, text: `asked for what came after ${after}` })
    if (after !== null && rev < after && !reset)
      accuse({ kind: 'order', ...where, text: `asked for what came after ${after}, and was put back` })
    if (complete) positionsOf(session).set(chat, rev)
  }

  function pushed({ at, session, user, chat, rev, type }: EntryOf<'pushed'>): void {
    const where = { at, session, user, chat, rev }
    const before = positionsOf(session).get(chat)
    if (before === undefined) {
      accuse({ kind: 'leak', ...where, text: `${type} was sent to a session that has not joined` })
      return
    }
    if (rev <= before) accuse({ kind: 'repeat', ...where, text: `${type} came after ${before}` })
    if (rev > before + 1) accuse({ kind: 'hole', ...where, text: `${type} came next after ${before}` })
    positionsOf(session).set(chat, Math.max(before, rev))
  }

  return {
    see(entry) {
      switch (entry.kind) {
        case 'joined':
          return joined(entry)
        case 'pushed':
          return pushed(entry)
        case 'left':
          positionsOf(entry.session).delete(entry.chat)
          return
        case 'disconnected':
          positions.delete(entry.session)
          return
        case 'signalled':
          if (!positionsOf(entry.session).has(entry.chat))
            accuse({
              ...{ kind: 'leak', at: entry.at, session: entry.session, user: entry.user, chat: entry.chat },
              text: `${entry.type} was sent to a session that has not joined`,
            })
      }
    },
  }
}
