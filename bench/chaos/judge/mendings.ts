import { DELETED, digestOf, saidOf } from '../clients/wire.js'
import type { Entry, EntryOf } from '../record/entries.js'
import type { Judging, TrueEvent } from './truth.js'
import type { Accuse } from './violation.js'

/** One edit or delete that somebody asked for, over all its attempts. */
interface Mending {
  readonly said: string
  readonly user: string
  attempts: number
  acks: { readonly at: number; readonly rev: number }[]
  refusedAt: number | undefined
}

const KIND = { edit: 'message_edited', delete: 'message_deleted' } as const

/** An acked edit or delete is an event of its message, and what a message says at last is what the last one made it. */
export function judgeMendings(accuse: Accuse): Judging<Entry> {
  const chats = new Map<string, Map<number, Mending[]>>()

  function mendingOf({ chat, seq, user, content }: EntryOf<'mend' | 'mended' | 'mend refused'>): Mending {
    const messages = chats.get(chat) ?? new Map<number, Mending[]>()
    chats.set(chat, messages)
    const mendings = messages.get(seq) ?? []
    messages.set(seq, mendings)
    const said = content === undefined ? DELETED : digestOf(content)
    const known = mendings.find((one) => one.said === said)
    if (known !== undefined) return known
    const made: Mending = { said, user, attempts: 0, acks: [], refusedAt: undefined }
    mendings.push(made)
    return made
  }

  /** Those that may be what the message says now. */
  function last(mendings: readonly Mending[]): { said: readonly string[]; isAcked: boolean } {
    const revOf = ({ acks }: Mending) => Math.max(0, ...acks.map(({ rev }) => rev))
    const newest = Math.max(0, ...mendings.map(revOf))
    // One that was asked for more than once may have been carried out again, later than the answer says.
    const possible = mendings.filter(
      (one) => revOf(one) === newest || one.acks.length === 0 || one.attempts > 1,
    )
    return { said: possible.map(({ said }) => said), isAcked: newest > 0 }
  }

  return {
    see(entry) {
      if (entry.kind === 'mend') mendingOf(entry).attempts += 1
      else if (entry.kind === 'mended') mendingOf(entry).acks.push({ at: entry.at, rev: entry.rev })
      else if (entry.kind === 'mend refused' && entry.final) mendingOf(entry).refusedAt = entry.at
    },

    finish({ id: chat, messages, events }) {
      const eventAt = new Map<number, TrueEvent>(events.map((event) => [event.rev, event]))
      for (const message of messages) {
        const { seq, sender } = message
        const mendings = chats.get(chat)?.get(seq) ?? []
        const where = { chat, seq, user: sender }
        for (const { said, acks } of mendings)
          for (const { at, rev } of acks) {
            const event = eventAt.get(rev)
            const kind = said === DELETED ? KIND.delete : KIND.edit
            if (event?.kind !== kind || event.seq !== seq)
              accuse({
                kind: 'mending',
                at,
                ...where,
                rev,
                text: `a ${kind} was acked, and history has ${event?.kind}`,
              })
          }
        const isDeleted = mendings.some((one) => one.said === DELETED && one.acks.length > 0)
        const { said, isAcked } = last(mendings)
        const now = saidOf(message)
        const wasChanged = message.rev !== message.createdRev
        const at = Math.max(0, ...mendings.flatMap(({ acks }) => acks.map((ack) => ack.at)))
        if (isDeleted ? now !== DELETED : wasChanged && !said.includes(now))
          accuse({ kind: 'mending', at, ...where, text: `says ${now}, and should say ${said.join(' or ')}` })
        if (isAcked && !wasChanged) accuse({ kind: 'mending', at, ...where, text: 'was never changed' })
      }
      chats.delete(chat)
    },
  }
}
