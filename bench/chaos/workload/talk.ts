import { randomUUID } from 'node:crypto'
import type { Answer } from '../clients/connection.js'
import { callRest } from '../clients/rest.js'
import { untilSettled } from '../clients/retry.js'
import { sent } from '../clients/wire.js'
import type { Random } from '../random.js'
import type { Door } from '../record/entries.js'
import type { History } from '../record/history.js'
import type { Chat, Person, World } from './world.js'

const TIMEOUT_MS = 6_000
const RECENT_MOST = 20

export interface TalkOptions {
  readonly world: World
  readonly history: History
  readonly random: Random
  /** Ends all waiting: what has no answer then never gets one. */
  readonly patience: AbortSignal
}

/** How people say something: with a clientId, until it is acked or refused for good. */
export function createTalk({ world, history, random, patience }: TalkOptions) {
  let words = 0

  async function say(person: Person, chat: Chat): Promise<Answer> {
    words += 1
    const said = {
      user: person.id,
      chat: chat.id,
      clientId: randomUUID(),
      content: `${person.id} says ${words}`,
    }
    const isImpatient = random.chance(0.02)
    const [answer] = await Promise.all([
      settle(person, chat, said),
      // Two at once with one clientId: a page that was reloaded, or a button that was pressed twice.
      ...(isImpatient ? [settle(person, chat, said)] : []),
    ])
    // A repeat long after the answer: a client that was not told of it.
    if (answer.ok && random.chance(0.03)) await settle(person, chat, said)
    return answer
  }

  interface Said {
    readonly user: string
    readonly chat: string
    readonly clientId: string
    readonly content: string
  }

  async function settle(person: Person, chat: Chat, said: Said): Promise<Answer> {
    const { content, ...send } = said
    const startedAt = performance.now()
    return await untilSettled(random, patience, async (attempt) => {
      const way = wayOf(person)
      history.add({ kind: 'send', ...send, content, attempt, door: way.door, node: way.node })
      const answer = await way.ask(said)
      if (answer.ok) {
        const { id, seq, rev, createdAt, duplicate = false } = sent.parse(answer.data)
        const tookMs = performance.now() - startedAt
        history.add({
          ...{ kind: 'acked', ...send, id, seq, rev, createdAt, duplicate, node: way.node ?? -1 },
          tookMs: Math.round(tookMs * 10) / 10,
        })
        remember(chat, person, seq)
      } else history.add({ kind: 'refused', ...send, code: answer.code, final: !answer.temporary, attempt })
      return answer
    })
  }

  interface Way {
    readonly door: Door
    readonly node: number | null
    ask(said: Said): Promise<Answer>
  }

  /** By one of the user's sessions, or by REST through any node. */
  function wayOf(person: Person): Way {
    const session = random.pick(person.sessions)
    if (session.isWanted() && random.chance(0.8))
      return {
        ...{ door: session.door, node: session.node() },
        ask: ({ chat, clientId, content }) => session.ask('send', { chatId: chat, clientId, content }),
      }
    const node = Math.floor(random.next() * world.nodes.length)
    return {
      ...{ door: 'rest', node },
      ask: ({ chat, clientId, content }) =>
        callRest({
          ...{ url: world.nodes[node]?.http ?? '', token: person.token, method: 'POST' },
          ...{ path: `/chats/${chat}/messages`, body: { content }, idempotencyKey: clientId },
          timeoutMs: TIMEOUT_MS,
        }),
    }
  }

  function remember(chat: Chat, sender: Person, seq: number): void {
    chat.lastSeq = Math.max(chat.lastSeq, seq)
    chat.recent.push({ seq, sender })
    if (chat.recent.length > RECENT_MOST) chat.recent.shift()
  }

  return { say }
}

export type Talk = ReturnType<typeof createTalk>
