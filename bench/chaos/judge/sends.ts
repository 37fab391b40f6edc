import { digestOf } from '../clients/wire.js'
import type { Entry, EntryOf } from '../record/entries.js'
import type { Judging, TrueMessage } from './truth.js'
import type { Accuse } from './violation.js'

interface Sent {
  /** Who has sent it by which clientId. */
  readonly user: string
  readonly clientId: string
  readonly content: string
  attempts: number
  ack: Pick<EntryOf<'acked'>, 'at' | 'id' | 'seq' | 'rev' | 'createdAt'> | undefined
  /** Refused for good at the only attempt. */
  refusedAt: number | undefined
}

/** Every acked message is in history once, as it was acked; a repeat is answered as the first; none is there twice. */
export function judgeSends(accuse: Accuse): Judging<Entry> {
  const chats = new Map<string, Map<string, Sent>>()

  function sendsOf(chat: string): Map<string, Sent> {
    const sends = chats.get(chat) ?? new Map<string, Sent>()
    chats.set(chat, sends)
    return sends
  }

  function acked(entry: EntryOf<'acked'>): void {
    const { at, chat, user, clientId, id, seq, rev, createdAt } = entry
    const sent = sendsOf(chat).get(keyOf(user, clientId))
    if (sent === undefined) {
      accuse({ kind: 'twice', at, chat, user, seq, text: `${clientId} was acked, and was never sent` })
      return
    }
    const { ack } = sent
    sent.ack ??= { at, id, seq, rev, createdAt }
    if (
      ack !== undefined &&
      (ack.id !== id || ack.seq !== seq || ack.rev !== rev || ack.createdAt !== createdAt)
    )
      accuse({
        ...{ kind: 'twice', at, chat, user, seq, rev },
        text: `${clientId} was acked as ${id}, ${createdAt}, and at ${ack.at} as ${ack.id}, seq ${ack.seq}, rev ${ack.rev}, ${ack.createdAt}`,
      })
  }

  function compare(chat: string, sent: Sent, found: readonly TrueMessage[]): void {
    const { user, clientId, ack } = sent
    const [first, second] = found
    if (second !== undefined)
      accuse({
        ...{ kind: 'twice', at: ack?.at ?? 0, chat, user, seq: second.seq },
        text: `${clientId} is in history ${found.length} times, first at seq ${first?.seq}`,
      })
    if (sent.refusedAt !== undefined && sent.attempts === 1 && first !== undefined)
      accuse({
        ...{ kind: 'refused', at: sent.refusedAt, chat, user, seq: first.seq },
        text: `${clientId} was refused for good, and is in history`,
      })
    if (ack === undefined) return
    const where = { at: ack.at, chat, user, seq: ack.seq, rev: ack.rev }
    if (first === undefined) {
      accuse({ kind: 'lost', ...where, text: `${clientId} was acked, and is not there` })
      return
    }
    if (
      first.id !== ack.id ||
      first.seq !== ack.seq ||
      first.createdRev !== ack.rev ||
      first.createdAt !== ack.createdAt
    )
      accuse({
        ...{ kind: 'lost', ...where },
        text: `${clientId} was acked as ${ack.id}, ${ack.createdAt}, and is there as ${first.id}, seq ${first.seq}, rev ${first.createdRev}, ${first.createdAt}`,
      })
    if (first.rev === first.createdRev && digestOf(first.content) !== sent.content)
      accuse({ kind: 'lost', ...where, text: `${clientId} has another content, though nobody edited it` })
  }

  return {
    see(entry) {
      if (entry.kind === 'send') {
        const { user, clientId, content, chat } = entry
        const key = keyOf(user, clientId)
        const sent = sendsOf(chat).get(key)
        if (sent !== undefined) sent.attempts += 1
        else
          sendsOf(chat).set(key, {
            ...{ user, clientId, content: digestOf(content), attempts: 1 },
            ...{ ack: undefined, refusedAt: undefined },
          })
      } else if (entry.kind === 'acked') acked(entry)
      else if (entry.kind === 'refused' && entry.final) {
        const sent = sendsOf(entry.chat).get(keyOf(entry.user, entry.clientId))
        if (sent !== undefined) sent.refusedAt = entry.at
      }
    },

    finish({ id: chat, messages }) {
      const found = new Map<string, TrueMessage[]>()
      for (const message of messages) {
        if (message.clientId === null) continue
        const key = keyOf(message.sender, message.clientId)
        found.set(key, [...(found.get(key) ?? []), message])
      }
      const sends = sendsOf(chat)
      for (const [key, sent] of sends) compare(chat, sent, found.get(key) ?? [])
      for (const [key, [first]] of found)
        if (!sends.has(key) && first !== undefined)
          accuse({
            kind: 'twice',
            at: 0,
            chat,
            user: first.sender,
            seq: first.seq,
            text: `${key} was never sent`,
          })
      chats.delete(chat)
    },
  }
}

function keyOf(user: string, clientId: string): string {
  return `${user} ${clientId}`
}
