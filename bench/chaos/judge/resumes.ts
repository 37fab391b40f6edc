import type { Entry, EntryOf, Seen } from '../record/entries.js'
import type { ChatTruth, Judging } from './truth.js'
import type { Accuse } from './violation.js'

/** Of the messages only where they stand is kept: there are many. */
interface Joined extends Omit<EntryOf<'joined'>, 'messages'> {
  readonly messages: readonly Pick<Seen, 'seq' | 'rev'>[]
}

const NEWEST = 50

/** The data of `join` and `resume` is what has changed since the rev that was asked with: no more and no less. */
export function judgeResumes(accuse: Accuse): Judging<Entry> {
  const joins = new Map<string, Joined[]>()

  function since(truth: ChatTruth, changes: readonly Change[], joined: Joined, after: number): void {
    const { at, session, user, chat, rev } = joined
    const where = { at, session, user, chat }
    const expected = new Map<number, number>()
    for (const change of changes)
      if (change.rev > after && change.rev <= rev) expected.set(change.seq, change.rev)
    let before = after
    for (const one of joined.messages) {
      const shown = one.rev ?? 0
      const due = expected.get(one.seq)
      // What changes while the data is read may show in its newer state already, and comes again as an event.
      const isNewer = shown > rev && changes.some((change) => change.rev === shown && change.seq === one.seq)
      if (shown !== due && !isNewer)
        accuse({
          ...{ kind: 'repeat', ...where, seq: one.seq },
          text: `was given at rev ${shown} to one that asked for ${after + 1} to ${rev}`,
        })
      expected.delete(one.seq)
      if (shown <= before) accuse({ kind: 'order', ...where, seq: one.seq, text: `came after rev ${before}` })
      before = shown
    }
    for (const [seq, missing] of expected)
      accuse({
        ...{ kind: 'hole', ...where, seq, rev: missing },
        text: `was not given to one that asked for ${after + 1} to ${rev} of ${truth.lastRev}`,
      })
  }

  function newest(truth: ChatTruth, { at, session, user, chat, rev, messages }: Joined): void {
    const lastSeq = truth.messages.filter(({ createdRev }) => createdRev <= rev).length
    const first = Math.max(1, lastSeq - NEWEST + 1)
    const expected = Array.from({ length: lastSeq - first + 1 }, (_, index) => first + index)
    const given = messages.map(({ seq }) => seq)
    if (given.join() !== expected.join())
      accuse({
        ...{ kind: 'hole', at, session, user, chat, rev },
        text: `a first join was given messages ${given.join(' ')}, not ${first} to ${lastSeq}`,
      })
  }

  return {
    see(entry) {
      if (entry.kind !== 'joined') return
      const kept = { ...entry, messages: entry.messages.map(({ seq, rev }) => ({ seq, rev })) }
      const ofChat = joins.get(entry.chat)
      if (ofChat === undefined) joins.set(entry.chat, [kept])
      else ofChat.push(kept)
    },

    finish(truth) {
      const changes = changesOf(truth)
      for (const joined of joins.get(truth.id) ?? [])
        if (joined.after === null || joined.reset) newest(truth, joined)
        else since(truth, changes, joined, joined.after)
      joins.delete(truth.id)
    },
  }
}

interface Change {
  readonly rev: number
  readonly seq: number
}

/** Ascending by rev: every event that made or changed a message. */
function changesOf({ messages, events }: ChatTruth): Change[] {
  return [
    ...messages.map(({ createdRev, seq }) => ({ rev: createdRev, seq })),
    ...events.flatMap(({ rev, seq }) => (seq === undefined ? [] : [{ rev, seq }])),
  ].sort((a, b) => a.rev - b.rev)
}
