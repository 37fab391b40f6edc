import type { Answer, Connection } from '../../chaos/clients/connection.js'
import { backOff } from '../../chaos/clients/retry.js'
import { answerFor } from '../../chaos/clients/streams.js'
import { type Frame, joinData, type Message, messagePush, resumed } from '../../chaos/clients/wire.js'
import type { Random } from '../../chaos/random.js'

const REQUEST_MS = 20_000

export interface StreamWatch {
  /** It stands in all of its chats, on the connection that it has now. */
  standing(): void
  /** A message has come, by a push or among what had been missed. */
  received(message: Message, how: 'pushed' | 'missed'): void
  /** What came next in a chat was not the next. */
  broken(how: 'hole' | 'repeat'): void
  /** What was asked for was not carried out, and is asked for again. */
  refused(code: string): void
}

export interface StreamsOptions {
  readonly chats: readonly string[]
  readonly random: Random
  readonly watch: StreamWatch
}

/** Where a session stands in each of its chats, and how it gets there on a new connection. */
export function createStreams({ chats, random, watch }: StreamsOptions) {
  const revs = new Map<string, number>()
  /** The chats whose events come over the connection that there is. */
  const live = new Set<string>()
  let connection: Connection | undefined
  let epoch: string | undefined

  /** Asks for all that is not live: by one frame for those that it has been in, by a join for each of the others. */
  function ask(attempt: number): void {
    const asked = connection
    const missing = chats.filter((chat) => !live.has(chat))
    const known = missing.filter((chat) => revs.has(chat))
    const unknown = missing.filter((chat) => !revs.has(chat))
    let answers = unknown.length + Math.min(1, known.length)

    function answered(): void {
      answers -= 1
      if (answers > 0 || asked !== connection) return
      if (chats.every((chat) => live.has(chat))) watch.standing()
      else setTimeout(() => asked === connection && ask(attempt + 1), backOff(random, attempt))
    }

    for (const chat of unknown)
      asked?.ask('join', { chatId: chat }, REQUEST_MS, (answer) => {
        if (asked === connection) arrive(chat, answer)
        answered()
      })
    if (known.length > 0)
      asked?.ask('resume', { chats: points(known), epoch }, REQUEST_MS, (answer) => {
        const answersOf = answer.ok ? resumed.parse(answer.data).chats : {}
        if (asked === connection)
          for (const chat of known) arrive(chat, answer.ok ? answerFor(answersOf[chat]) : answer)
        answered()
      })
  }

  function points(known: readonly string[]): object {
    return Object.fromEntries(known.map((chat) => [chat, revs.get(chat)]))
  }

  function arrive(chat: string, answer: Answer): void {
    if (!answer.ok) {
      if (answer.code !== 'disconnected') watch.refused(answer.code)
      return
    }
    const { messages, rev, complete, ...data } = joinData.parse(answer.data)
    epoch = data.epoch ?? epoch
    for (const message of messages) watch.received(message, 'missed')
    revs.set(chat, rev)
    if (complete) live.add(chat)
  }

  return {
    /** On a new connection, in place of the one before. */
    stand(made: Connection): void {
      connection = made
      live.clear()
      ask(0)
    },

    /** There is no connection any more. */
    lost(): void {
      connection = undefined
      live.clear()
    },

    receive(push: Frame): void {
      if (push.type !== 'message') return
      const { rev, message } = messagePush.parse(push)
      const before = revs.get(message.chatId)
      if (!live.has(message.chatId) || before === undefined) return
      if (rev !== before + 1) watch.broken(rev > before ? 'hole' : 'repeat')
      revs.set(message.chatId, rev)
      watch.received(message, 'pushed')
    },

    rev: (chat: string) => revs.get(chat),
    areLive: () => chats.every((chat) => live.has(chat)),
  }
}
