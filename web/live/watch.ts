import type { ChatMessage, OpenChat } from 'parley'
import type { Person } from '../people.js'
import type { Side, Sides } from '../phones/side.js'

export type Pair = Readonly<Record<Person['sub'], OpenChat>>
export type Watch = ReturnType<typeof createWatch>

/** How far a phone is behind: what it has yet to send, and what the other one has and it has not. */
export interface Standing {
  readonly waiting: number
  readonly behind: number
}

/** The chats that were on a screen, held open on both phones, so that what one has can be held against the other. */
export function createWatch([ann, bob]: Sides) {
  const pairs = new Map<string, Pair>()
  const listeners = new Set<(side: Side, chat: OpenChat) => void>()

  function open(side: Side, chatId: string): OpenChat {
    const chat = side.parley.chats.open(chatId)
    chat.subscribe(() => {
      for (const listener of listeners) listener(side, chat)
    })
    return chat
  }

  function pairOf(chatId: string): Pair {
    const known = pairs.get(chatId)
    if (known) return known
    const pair = { ann: open(ann, chatId), bob: open(bob, chatId) }
    pairs.set(chatId, pair)
    return pair
  }

  for (const { openChat } of [ann, bob]) {
    const watchOpen = () => openChat.state === undefined || pairOf(openChat.state)
    openChat.subscribe(watchOpen)
    watchOpen()
  }

  return {
    pairOf,
    pairs: (): Iterable<Pair> => pairs.values(),
    /** Hears of every change of a watched chat on either phone. */
    onChange: (listener: (side: Side, chat: OpenChat) => void) => void listeners.add(listener),

    standingOf({ person }: Side): Standing {
      const other = person.sub === 'ann' ? 'bob' : 'ann'
      let [waiting, behind] = [0, 0]
      for (const pair of pairs.values()) {
        waiting += waitingIn(pair[person.sub]).length
        behind += Math.max(0, newestSeq(pair[other]) - newestSeq(pair[person.sub]))
      }
      return { waiting, behind }
    },
  }
}

export function waitingIn({ messages }: OpenChat): readonly ChatMessage[] {
  return messages.filter(({ status }) => status === 'sending')
}

/** The newest message that this phone has heard of; 0 before the chat is loaded. */
export function newestSeq({ state: { chat, messages, hasNewer } }: OpenChat): number {
  if (hasNewer) return chat?.lastSeq ?? 0
  return messages.findLast(({ seq }) => seq !== null)?.seq ?? 0
}

/** What is wrong with a list: it must be 1, 2, 3, … from wherever it begins. */
export function faultsIn({ messages }: OpenChat): { missed: number; repeated: number } {
  let [missed, repeated] = [0, 0]
  let last: number | undefined
  for (const { seq } of messages) {
    if (seq === null) continue
    if (last !== undefined && seq > last + 1) missed += seq - last - 1
    if (last !== undefined && seq <= last) repeated += 1
    last = seq
  }
  return { missed, repeated }
}
