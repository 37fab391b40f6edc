import type { History } from '../record/history.js'
import type { Answer, Connection } from './connection.js'
import { joinData, refusal, resumed, resumeRefusal, seen } from './wire.js'

const REQUEST_MS = 6_000
/** After a refusal one does not ask again at once: what was known of the membership may be old. */
const REFUSED_MS = 1_000
const RESUME_MOST = 500

interface Stream {
  /** The last rev that it has; undefined before the first data. */
  rev: number | undefined
  state: 'away' | 'asking' | 'live'
  notBefore: number
}

export interface StreamsOptions {
  readonly id: string
  readonly user: string
  readonly history: History
  readonly wanted: () => readonly string[]
}

/** The chats of one session: where it stands in each, and how it gets there on a new connection. */
export function createStreams({ id, user, history, wanted }: StreamsOptions) {
  const streams = new Map<string, Stream>()
  let epoch: string | undefined
  let connection: Connection | undefined

  function streamOf(chat: string): Stream {
    let stream = streams.get(chat)
    if (stream === undefined) {
      stream = { rev: undefined, state: 'away', notBefore: 0 }
      streams.set(chat, stream)
    }
    return stream
  }

  function missing(): [string, Stream][] {
    const now = performance.now()
    return wanted()
      .map((chat): [string, Stream] => [chat, streamOf(chat)])
      .filter(([, { state, notBefore }]) => state === 'away' && notBefore <= now)
  }

  /** Asks for whatever is wanted and not there. */
  function look(): void {
    const known = missing().filter(([, { rev }]) => rev !== undefined)
    if (known.length > 1) resume(known.slice(0, RESUME_MOST))
    for (const [chat, stream] of missing()) join(chat, stream)
  }

  function join(chat: string, stream: Stream): void {
    const after = stream.rev ?? null
    stream.state = 'asking'
    const fields = { chatId: chat, ...(after !== null && { afterRev: after, epoch }) }
    connection?.ask('join', fields, REQUEST_MS, (answer) => arrive(chat, stream, after, answer))
  }

  function resume(known: readonly [string, Stream][]): void {
    const asked = new Map(known.map(([chat, { rev }]) => [chat, rev ?? null]))
    for (const [, stream] of known) stream.state = 'asking'
    connection?.ask('resume', { chats: Object.fromEntries(asked), epoch }, REQUEST_MS, (answer) => {
      const chats = answer.ok ? resumed.parse(answer.data).chats : {}
      for (const [chat, stream] of known)
        arrive(chat, stream, asked.get(chat) ?? null, answer.ok ? answerFor(chats[chat]) : answer)
    })
  }

  function arrive(chat: string, stream: Stream, after: number | null, answer: Answer): void {
    if (!answer.ok) {
      history.add({ kind: 'failed', what: 'join', code: answer.code })
      stream.state = 'away'
      // Whether it has joined after all is not known: a new connection is a new beginning.
      if (answer.code === 'timeout') connection?.close(1006)
      else if (answer.code !== 'disconnected') stream.notBefore = performance.now() + REFUSED_MS
      return
    }
    const { chat: said, messages, rev, complete, reset = false, ...data } = joinData.parse(answer.data)
    epoch = data.epoch ?? epoch
    stream.rev = rev
    stream.state = complete ? 'live' : 'away'
    history.add({
      ...{ kind: 'joined', session: id, user, chat, after, rev, complete, reset, lastSeq: said?.lastSeq },
      messages: messages.map((one) => seen(one)),
    })
    if (!complete) join(chat, stream)
  }

  function gone(chat: string): void {
    const stream = streamOf(chat)
    stream.state = 'away'
    stream.notBefore = performance.now() + REFUSED_MS
    history.add({ kind: 'left', session: id, user, chat })
  }

  return {
    id,
    user,
    look,
    connected(made: Connection): void {
      connection = made
      look()
    },
    disconnected(): void {
      connection = undefined
      for (const stream of streams.values()) stream.state = 'away'
    },
    /** An event has come: the next one is one above it. */
    moved(chat: string, rev: number): void {
      streamOf(chat).rev = rev
    },
    /** An event has said that this user is out. */
    gone,
    isLive: (chat: string) => streamOf(chat).state === 'live',
    /** By the frame for it: pushes may come until its reply. */
    leave(chat: string): void {
      const stream = streamOf(chat)
      if (stream.state !== 'live') return
      stream.state = 'asking'
      connection?.ask('leave', { chatId: chat }, REQUEST_MS, (answer) => {
        if (answer.ok) gone(chat)
        // Whether it has left is not known: a new connection is a new beginning.
        else connection?.close(1006)
      })
    },
    rev: (chat: string) => (streamOf(chat).state === 'live' ? streamOf(chat).rev : undefined),
    areLive: () => wanted().every((chat) => streamOf(chat).state === 'live'),
  }
}

export type Streams = ReturnType<typeof createStreams>

export function answerFor(given: unknown): Answer {
  const refused = resumeRefusal.safeParse(given)
  if (!refused.success) return { ok: true, data: given }
  return { ok: false, ...refusal.parse(refused.data.error) }
}
