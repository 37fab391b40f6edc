import { byteLength, fitJoinData, joinResult, REPLY_DATA_BYTES, toJoinData } from '../../chat/join-data.js'
import type { JoinResult } from '../../ports/figures.js'
import type { ResumeFrame } from '../../protocol/client-frames.js'
import { errorBody, ParleyError } from '../../protocol/errors.js'
import type { JoinData, ResumedChat } from '../../protocol/server-frames.js'
import { eachOf } from '../each-of.js'
import { ATTEMPTS, Entry } from '../entry.js'
import type { Session } from '../session.js'
import type { FrameHandler } from './dispatch.js'

/** Chats that are read at once: what they may hold is in memory until it is known how much of it fits. */
const SLICE = 25
/** Streams of this node that are brought up at once: a part of the connections to Postgres. */
const STREAMS_AT_ONCE = 4

/**
 * Joins many chats in one frame, each as `join` does, and replies once. A chat that one may not see is an error in
 * its place; one that does not fit into the reply is asked for again; nobody is told that the user has come.
 */
export const handleResume: FrameHandler<ResumeFrame> = async (context, session, frame, reply) => {
  const chatIds = Object.keys(frame.chats)
  await session.inTurn(chatIds, async () => {
    const entries = await Promise.all(chatIds.map((chatId) => Entry.open(context, session, chatId)))
    try {
      const resume = new Resume(session, frame, entries)
      await resume.read(entries)
      for (let attempt = 1; attempt < ATTEMPTS && resume.outdated().length > 0; attempt++)
        await resume.read(resume.outdated())
      if (session.isOpen) resume.enter(reply, context.figures.joins.resume)
    } finally {
      for (const entry of entries) entry.close()
    }
  })
}

/** The answers of one resume, while they come together. */
class Resume {
  readonly #session: Session
  readonly #frame: ResumeFrame
  readonly #entries: readonly Entry[]
  readonly #answers = new Map<Entry, { readonly answer: ResumedChat; readonly bytes: number }>()
  /** Data that is complete: its chats are entered. */
  readonly #complete = new Map<Entry, JoinData>()
  #bytesLeft = REPLY_DATA_BYTES

  constructor(session: Session, frame: ResumeFrame, entries: readonly Entry[]) {
    this.#session = session
    this.#frame = frame
    this.#entries = entries
    for (const entry of entries) this.#answer(entry, this.#unread(entry))
  }

  /** Reads these chats, for as long as there is room in the reply. */
  async read(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) if (this.#complete.has(entry)) this.#answer(entry, this.#unread(entry))
    const found: Entry[] = []
    for (let start = 0; start < entries.length && this.#bytesLeft > 0; start += SLICE) {
      const slice = entries.slice(start, start + SLICE)
      const results = await Promise.allSettled(slice.map((entry) => entry.read(this.#point(entry))))
      if (!this.#session.isOpen) return
      for (const [index, result] of results.entries()) {
        const entry = slice[index]
        if (entry === undefined) continue
        if (result.status === 'rejected') this.#refuse(entry, expected(result.reason))
        else {
          // The first one is as alone in its reply: at least a part of it is told, so that every resume comes on.
          const isFirst = entry === this.#entries[0]
          const data = isFirst ? toJoinData(result.value) : fitJoinData(result.value, this.#bytesLeft)
          if (data === undefined) continue
          this.#answer(entry, data)
          if (data.complete) found.push(entry)
          if (data.complete) this.#complete.set(entry, data)
        }
      }
    }
    await eachOf(found, STREAMS_AT_ONCE, async (entry) => {
      const data = this.#complete.get(entry)
      if (data === undefined) return
      await entry.follow(data).catch((error: unknown) => this.#refuse(entry, expected(error)))
    })
  }

  /** Those that the node has meanwhile gone too far beyond. */
  outdated(): Entry[] {
    return [...this.#complete].flatMap(([entry, data]) => (entry.missedSince(data) ? [] : [entry]))
  }

  /** The one synchronous step. */
  enter(reply: (data: object) => void, counts: Record<JoinResult, number>): void {
    const entering: (() => void)[] = []
    for (const [entry, data] of this.#complete) {
      const missed = entry.missedSince(data)
      const refusal =
        missed === undefined
          ? new ParleyError('overloaded', 'The chat moves too fast to join it now.')
          : entry.refusal(data, entering.length)
      if (refusal !== undefined) this.#refuse(entry, refusal)
      else if (missed !== undefined) entering.push(() => entry.enter(missed, { told: false }))
    }
    for (const { answer } of this.#answers.values())
      counts['error' in answer ? 'refused' : joinResult(answer)] += 1
    const answers = this.#entries.map((entry) => [entry.chatId, this.#answers.get(entry)?.answer])
    reply({ chats: Object.fromEntries(answers) })
    for (const enter of entering) enter()
  }

  #point(entry: Entry) {
    return { afterRev: this.#frame.chats[entry.chatId], epoch: this.#frame.epoch }
  }

  #unread(entry: Entry): ResumedChat {
    return { complete: false, rev: this.#frame.chats[entry.chatId] ?? 0, messages: [] }
  }

  #refuse(entry: Entry, error: ParleyError): void {
    this.#answer(entry, { error: errorBody(error) })
  }

  /** In place of the one before. */
  #answer(entry: Entry, answer: ResumedChat): void {
    const bytes = bytesOf(entry, answer)
    this.#bytesLeft += (this.#answers.get(entry)?.bytes ?? 0) - bytes
    this.#answers.set(entry, { answer, bytes })
    this.#complete.delete(entry)
  }
}

/** What is the fault of one chat is its answer; anything else ends the resume. */
function expected(error: unknown): ParleyError {
  if (error instanceof ParleyError) return error
  throw error
}

function bytesOf({ chatId }: Entry, answer: ResumedChat): number {
  return byteLength({ [chatId]: answer })
}
