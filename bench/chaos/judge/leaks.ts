import type { Entry, EntryOf } from '../record/entries.js'
import { membershipOf, type Stay } from './membership.js'
import type { Judging } from './truth.js'
import type { Accuse } from './violation.js'

/** What one session was told of one chat without a break: the data at `first`, then each event up to `last`. */
interface Run {
  readonly at: number
  readonly session: string
  readonly user: string
  readonly first: number
  last: number
  lastAt: number
}

/** Nothing of a chat is told to, or said by, who is not a member of it at that rev. */
export function judgeLeaks(accuse: Accuse): Judging<Entry> {
  const runs = new Map<string, Run[]>()
  const running = new Map<string, Run>()
  const activities = new Map<string, EntryOf<'activity'>[]>()

  function judgeRun(chat: string, run: Run, stays: readonly Stay[]): void {
    const { at, session, user, first } = run
    const stay = stays.find(({ added, removed }) => added <= first && first < removed)
    if (stay === undefined)
      accuse({
        kind: 'leak',
        at,
        session,
        user,
        chat,
        rev: first,
        text: 'was given the chat, and was no member',
      })
    // The event of the removal itself is the last that the one removed may be told.
    else if (run.last > stay.removed)
      accuse({
        ...{ kind: 'leak', at: run.lastAt, session, user, chat, rev: run.last },
        text: `was told of events up to this rev, and was removed by ${stay.removed}`,
      })
  }

  return {
    see(entry) {
      if (entry.kind === 'joined') {
        const { at, session, user, chat, rev } = entry
        const run = { at, session, user, first: rev, last: rev, lastAt: at }
        running.set(`${session} ${chat}`, run)
        const ofChat = runs.get(chat)
        if (ofChat === undefined) runs.set(chat, [run])
        else ofChat.push(run)
      } else if (entry.kind === 'pushed') {
        const run = running.get(`${entry.session} ${entry.chat}`)
        if (run === undefined) return
        run.last = entry.rev
        run.lastAt = entry.at
      } else if (entry.kind === 'activity') {
        const ofChat = activities.get(entry.chat)
        if (ofChat === undefined) activities.set(entry.chat, [entry])
        else ofChat.push(entry)
      }
    },

    finish(truth) {
      const { id: chat, messages } = truth
      const stays = membershipOf(truth)
      for (const run of runs.get(chat) ?? []) judgeRun(chat, run, stays.get(run.user) ?? [])
      for (const { at, session, user, rev } of activities.get(chat) ?? []) {
        // One who is added again may be told of what was said while away: all history is theirs.
        const isEver = (stays.get(user) ?? []).some(({ removed }) => rev < removed)
        if (!isEver)
          accuse({ kind: 'leak', at, session, user, chat, rev, text: 'activity, to one who is no member' })
      }
      for (const { kind, sender, createdRev, seq } of messages) {
        const isMember = (stays.get(sender) ?? []).some(
          ({ added, removed }) => added < createdRev && createdRev < removed,
        )
        if (kind === 'user' && !isMember)
          accuse({
            kind: 'leak',
            at: 0,
            user: sender,
            chat,
            seq,
            rev: createdRev,
            text: 'was said by no member',
          })
      }
      runs.delete(chat)
      activities.delete(chat)
    },
  }
}
