import { DELETED, digestOf, identityOf } from '../../bench/chaos/clients/wire.js'
import { createJudge } from '../../bench/chaos/judge/judge.js'
import type { ChatTruth, TrueEvent, TrueMessage } from '../../bench/chaos/judge/truth.js'
import type { Entry, EntryOf, Happening, Seen } from '../../bench/chaos/record/entries.js'

/** What was said in the story's chat, by seq; `edited` is what ann made of her first words. */
const SAID = { 1: 'hello', 2: 'good day', 3: 'may I?', 4: 'gone again', edited: 'Hello!' } as const
const CHAT = 'chat'

/** A record and its truth, as they are told to a judge; a test changes one thing in them. */
export interface Story {
  entries: Entry[]
  messages: TrueMessage[]
  events: TrueEvent[]
  truth: ChatTruth
}

/**
 * A short history that keeps every promise. ann and bob are in from the beginning, cid comes at rev 4 and is out at
 * rev 6. Revs: 1 ann's message 1; 2 bob's 2; 3 ann edits 1; 4 cid is added; 5 cid's message 3; 6 cid is removed; 7 ann's
 * message 4; 8 bob deletes 2. ann.1 is told of all as it happens; bob.1 is away from 2 to 5, and resumes.
 */
export function tellStory(): Story {
  const messages = [
    said(1, 'ann', { rev: 3, content: SAID.edited }),
    said(2, 'bob', { createdRev: 2, rev: 8, content: '', deletedAt: '2026-01-01T00:00:08.000Z' }),
    said(3, 'cid', { createdRev: 5, rev: 5 }),
    said(4, 'ann', { createdRev: 7, rev: 7 }),
  ]
  const events = [
    { rev: 3, kind: 'message_edited', seq: 1, userId: undefined },
    { rev: 4, kind: 'member_added', seq: undefined, userId: 'cid' },
    { rev: 6, kind: 'member_removed', seq: undefined, userId: 'cid' },
    { rev: 8, kind: 'message_deleted', seq: 2, userId: undefined },
  ]
  const marks = [
    { user: 'ann', lastSeq: 4, lastReadSeq: 4, unread: 0 },
    { user: 'bob', lastSeq: 4, lastReadSeq: 3, unread: 1 },
  ]
  const truth = { id: CHAT, lastSeq: 4, lastRev: 8, founders: ['ann', 'bob'], messages, events, marks }
  return { entries: timed(happenings()), messages, events, truth }
}

/** The kinds of violation that a judge finds. */
export function judge({ entries, truth }: Story): string[] {
  const all = createJudge()
  for (const entry of entries) all.see(entry)
  all.finish(truth)
  return Object.keys(all.result().counts)
}

/** The first entry of this kind that matches. @throws when there is none */
export function entryOf<K extends Entry['kind']>(
  { entries }: Story,
  kind: K,
  matches: (entry: EntryOf<K>) => boolean = () => true,
): EntryOf<K> {
  const isMeant = (entry: Entry): entry is EntryOf<K> => entry.kind === kind
  const found = entries.filter(isMeant).find(matches)
  if (found === undefined) throw new Error(`no ${kind} in the story`)
  return found
}

/** Puts another entry, or nothing, in the place of one. */
export function replace(story: Story, entry: Entry, ...by: Entry[]): void {
  story.entries = story.entries.flatMap((one) => (one === entry ? by : [one]))
}

/** Adds to the end of the record. */
export function add(story: Story, happening: Happening): void {
  story.entries.push({ at: story.entries.length, ...happening })
}

export function seen(seq: 1 | 2 | 3 | 4, rev: number, what: string = SAID[seq]): Seen {
  const sender = { 1: 'ann', 2: 'bob', 3: 'cid', 4: 'ann' }[seq]
  return { seq, rev, identity: identityOf(said(seq, sender)), said: what === DELETED ? what : digestOf(what) }
}

function said(seq: 1 | 2 | 3 | 4, sender: string, other: Partial<TrueMessage> = {}): TrueMessage {
  return {
    ...{ id: `id-${seq}`, seq, kind: 'user', sender, content: SAID[seq], clientId: `client-${seq}` },
    ...{ createdAt: `2026-01-01T00:00:0${seq}.000Z`, deletedAt: null, createdRev: seq, rev: seq, ...other },
  }
}

function happenings(): Happening[] {
  return [
    ...['ann', 'bob'].map((user) => joined(user, null, 0, [])),
    ...send('ann', 1, 1),
    told('ann', 'message', 1, seen(1, 1)),
    told('bob', 'message', 1, seen(1, 1)),
    ...send('bob', 2, 2),
    told('ann', 'message', 2, seen(2, 2)),
    told('bob', 'message', 2, seen(2, 2)),
    { kind: 'disconnected', session: 'bob.1', code: 1006, node: 0 },
    { kind: 'mend', user: 'ann', chat: CHAT, seq: 1, content: SAID.edited, attempt: 1 },
    { kind: 'mended', user: 'ann', chat: CHAT, seq: 1, content: SAID.edited, rev: 3 },
    told('ann', 'message_edited', 3, seen(1, 3, SAID.edited)),
    told('ann', 'member_added', 4),
    joined('cid', null, 4, [seen(1, 3, SAID.edited), seen(2, 2)]),
    ...send('cid', 3, 5),
    told('cid', 'message', 5, seen(3, 5)),
    told('ann', 'message', 5, seen(3, 5)),
    joined('bob', 2, 5, [seen(1, 3, SAID.edited), seen(3, 5)]),
    told('ann', 'member_removed', 6),
    told('bob', 'member_removed', 6),
    told('cid', 'member_removed', 6),
    { kind: 'left', session: 'cid.1', user: 'cid', chat: CHAT },
    ...send('ann', 4, 7),
    told('ann', 'message', 7, seen(4, 7)),
    told('bob', 'message', 7, seen(4, 7)),
    { kind: 'read', user: 'bob', chat: CHAT, seq: 3 },
    { kind: 'read acked', user: 'bob', chat: CHAT, lastReadSeq: 3 },
    { kind: 'mend', user: 'bob', chat: CHAT, seq: 2, content: undefined, attempt: 1 },
    { kind: 'mended', user: 'bob', chat: CHAT, seq: 2, content: undefined, rev: 8 },
    told('ann', 'message_deleted', 8, seen(2, 8, DELETED)),
    told('bob', 'message_deleted', 8, seen(2, 8, DELETED)),
  ]
}

function timed(all: readonly Happening[]): Entry[] {
  return all.map((happening, index) => ({ at: index, ...happening }))
}

function send(user: string, seq: 1 | 2 | 3 | 4, rev: number): Happening[] {
  const send = { user, chat: CHAT, clientId: `client-${seq}` }
  return [
    { kind: 'send', ...send, content: SAID[seq], attempt: 1, door: 'raw', node: 0 },
    {
      ...{ kind: 'acked', ...send, id: `id-${seq}`, seq, rev, duplicate: false, tookMs: 5, node: 0 },
      createdAt: `2026-01-01T00:00:0${seq}.000Z`,
    },
  ]
}

function told(user: string, type: string, rev: number, message?: Seen): Happening {
  const pushed = { kind: 'pushed', session: `${user}.1`, user, chat: CHAT, type, rev, node: 0 } as const
  return message === undefined ? pushed : { ...pushed, seen: message }
}

function joined(user: string, after: number | null, rev: number, messages: readonly Seen[]): Happening {
  return {
    ...{ kind: 'joined', session: `${user}.1`, user, chat: CHAT, after, rev, messages },
    ...{ lastSeq: undefined, complete: true, reset: false },
  }
}
