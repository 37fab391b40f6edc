import { identityOf } from '../clients/wire.js'
import type { Entry, EntryOf, Seen } from '../record/entries.js'
import type { Judging } from './truth.js'
import type { Accuse } from './violation.js'

interface Told {
  readonly at: number
  readonly session: string
}

interface ChatTold {
  /** By rev: which event it was. */
  readonly events: Map<number, Told & { readonly name: string }>
  /** By seq: what never changes of the message. */
  readonly identities: Map<number, Told & { readonly identity: string }>
  /** By the rev of a message's last change: what it said then. */
  readonly said: Map<number, Told & { readonly seq: number; readonly said: string }>
}

/** All are told the same under one number, and it is what history has there. */
export function judgeEvents(accuse: Accuse): Judging<Entry> {
  const chats = new Map<string, ChatTold>()

  function toldOf(chat: string): ChatTold {
    const told = chats.get(chat) ?? { events: new Map(), identities: new Map(), said: new Map() }
    chats.set(chat, told)
    return told
  }

  function pushed({ at, session, chat, rev, type, seen }: EntryOf<'pushed'>): void {
    const { events } = toldOf(chat)
    const name = nameOf(type, seen?.seq)
    const first = events.get(rev)
    if (first === undefined) events.set(rev, { at, session, name })
    else if (first.name !== name)
      accuse({
        ...{ kind: 'order', at, session, chat, rev },
        text: `was told of ${name}, where ${first.session} was told of ${first.name} at ${first.at}`,
      })
    if (seen !== undefined) look(at, session, chat, seen)
  }

  function look(at: number, session: string, chat: string, { seq, rev, identity, said }: Seen): void {
    const { identities, said: saidAt } = toldOf(chat)
    const first = identities.get(seq)
    if (first === undefined) identities.set(seq, { at, session, identity })
    else if (first.identity !== identity)
      accuse({
        ...{ kind: 'altered', at, session, chat, seq },
        text: `was shown as ${identity}, and to ${first.session} as ${first.identity} at ${first.at}`,
      })
    if (rev === null) return
    const before = saidAt.get(rev)
    if (before === undefined) saidAt.set(rev, { at, session, seq, said })
    else if (before.said !== said || before.seq !== seq)
      accuse({
        ...{ kind: 'altered', at, session, chat, seq, rev },
        text: `said ${said}, and to ${before.session} message ${before.seq} said ${before.said} at this rev`,
      })
  }

  return {
    see(entry) {
      if (entry.kind === 'pushed') pushed(entry)
      else if (entry.kind === 'joined')
        for (const one of entry.messages) look(entry.at, entry.session, entry.chat, one)
    },

    finish({ id: chat, messages, events }) {
      const told = toldOf(chat)
      const names = new Map(events.map(({ rev, kind, seq }) => [rev, nameOf(kind, seq)]))
      for (const { createdRev, seq } of messages) names.set(createdRev, nameOf('message', seq))
      for (const [rev, { at, session, name }] of told.events) {
        const truth = names.get(rev) ?? 'nothing'
        if (truth !== name)
          accuse({
            kind: 'order',
            at,
            session,
            chat,
            rev,
            text: `was told of ${name}, and history has ${truth}`,
          })
      }
      for (const message of messages) {
        const first = told.identities.get(message.seq)
        const identity = identityOf(message)
        if (first !== undefined && first.identity !== identity)
          accuse({
            ...{ kind: 'altered', at: first.at, session: first.session, chat, seq: message.seq },
            text: `was shown as ${first.identity}, and history has ${identity}`,
          })
      }
      chats.delete(chat)
    },
  }
}

function nameOf(type: string, seq: number | undefined): string {
  return seq === undefined ? type : `${type} ${seq}`
}
