import type { Logger } from 'pino'
import { validate as isUuid } from 'uuid'
import type { Figures, SendResult } from '../ports/figures.js'
import type { SendTrace, Tracing } from '../ports/tracing.js'
import { ParleyError, toParleyError } from '../protocol/errors.js'
import type { Chat, Message, Sent, User } from '../protocol/objects.js'
import type { CommittedRow, JudgedRow, Refusal } from '../store/flush.js'
import type { Store } from '../store/store.js'
import { checkContent } from './content.js'
import { type Events, messageEvent } from './events.js'
import { type Committing, createFlush } from './flushes.js'
import type { Inbox } from './inbox.js'
import { createLane, LATER } from './lane.js'
import { newId } from './new-id.js'
import { RecentIds } from './recent-ids.js'
import { toMessage } from './views.js'

export interface SendRequest {
  readonly chatId: string
  readonly clientId?: string | undefined
  readonly content: string
  readonly attachments?: readonly string[] | undefined
}

interface Sending extends Committing {
  readonly senderName: string
  readonly trace: SendTrace | undefined
}

export interface MessagesOptions {
  readonly store: Store
  readonly events: Events
  readonly inbox: Inbox
  readonly logger: Logger
  readonly commit: { readonly batch: number; readonly queue: number }
  /** How many a message may name; undefined where there are none. */
  readonly attachmentsPerMessage: number | undefined
  readonly figures: Figures
  /** Undefined where no traces are asked for. */
  readonly tracing: Tracing | undefined
}

const NONE: readonly string[] = []
const NO_TRACES: readonly SendTrace[] = []

/** What a refused message is answered with. */
const REFUSALS: Record<Refusal, () => ParleyError> = {
  not_a_member: () => new ParleyError('not_a_member'),
  chat_closed: () => new ParleyError('chat_closed'),
  attachment_not_found: () => new ParleyError('not_found', 'attachments: there is no such attachment'),
  attachment_not_usable: () =>
    new ParleyError('conflict', 'attachments: each must be your own, ready, and named once'),
}

/** Messages: said, committed, told; and read again. */
export function createMessages(options: MessagesOptions) {
  const { store, events, inbox, commit: limits, attachmentsPerMessage, figures, tracing, logger } = options
  const recent = new RecentIds()
  const commit = createFlush(store)
  const lane = createLane<Sending, JudgedRow>({ ...limits, flush })

  async function flush(batch: readonly Sending[]): Promise<(JudgedRow | typeof LATER)[]> {
    const followed = tracing === undefined ? NO_TRACES : batch.flatMap(({ trace }) => trace ?? [])
    for (const trace of followed) trace.flushing(batch.length)
    const began = performance.now()
    const results = await commit(batch)
    const answered = performance.now()
    for (const trace of followed) trace.flushed()
    figures.flushMessages.observe(batch.length)
    figures.flushSeconds.observe((answered - began) / 1000)
    try {
      tell(batch, results)
    } catch (error) {
      // Committed all the same: the sweep of active chats tells what is missing.
      logger.error({ error }, 'committed messages could not be told')
    }
    // After what the doors write at the end of this turn.
    setImmediate(() => figures.fanOutSeconds.observe((performance.now() - answered) / 1000))
    return results
  }

  /**
   * Told in the same turn in which the senders are replied to: a sender's push and reply leave as one write.
   * Rows of one chat are numbered in their order, so its events are told in the order of their `rev`.
   */
  function tell(batch: readonly Sending[], results: readonly (JudgedRow | typeof LATER)[]): void {
    for (const [index, row] of results.entries()) {
      const sending = batch[index]
      if (sending === undefined || row === LATER || row.outcome !== 'committed') continue
      const event = messageEvent(toNewMessage(sending, row))
      const { trace } = sending
      events.publish(event, trace?.publishing(event.rev))
      trace?.published()
      inbox.touch(sending.chatId)
    }
  }

  /** Nothing is waited for before the lane: the sends of one session keep their order. */
  async function say(
    user: User,
    request: SendRequest,
    kind: 'user' | 'system',
    metadata: Record<string, unknown> | null,
    anywhere: boolean,
  ): Promise<Sent> {
    const { chatId, clientId = null, content, attachments = NONE } = request
    const trace = tracing?.follow(chatId)
    try {
      checkAttachments(attachments, attachmentsPerMessage)
      checkContent(content, attachments.length > 0)
      const row = await lane.push({
        id: newId(),
        chatId,
        senderId: user.id,
        senderName: user.fullName,
        clientId,
        kind,
        content,
        metadata,
        attachments,
        anywhere,
        mayRepeat: clientId !== null && recent.note(chatId, user.id, clientId),
        leftOut: 0,
        trace,
      })
      if (row.outcome !== 'committed' && row.outcome !== 'duplicate') throw REFUSALS[row.outcome]()
      const isDuplicate = row.outcome === 'duplicate'
      settled(isDuplicate ? 'duplicate' : 'ok', trace)
      return toSent(row, isDuplicate)
    } catch (error) {
      settled(toParleyError(error).code, trace)
      throw error
    }
  }

  function settled(result: SendResult, trace: SendTrace | undefined): void {
    figures.sends[result] += 1
    trace?.end(result)
  }

  return {
    /**
     * Commits a message; resolves after the commit (P1). A repeat of (chat, sender, clientId) gets the original.
     * `anywhere`: the marketplace's backend writes in every chat, others only where they are members.
     *
     * @throws ParleyError `not_a_member`, `chat_closed`, `too_large`, `bad_request`, `overloaded`; for what it names
     *   `not_found`, `conflict`, `attachments_disabled`
     */
    send(user: User, request: SendRequest, { anywhere }: { anywhere: boolean }): Promise<Sent> {
      return say(user, request, 'user', null, anywhere)
    },

    /** A message of the marketplace itself, in any chat. @throws as `send` */
    sendSystem(user: User, request: SendRequest, metadata: Record<string, unknown> | null): Promise<Sent> {
      return say(user, request, 'system', metadata, true)
    },

    /** What a send with this `clientId` is answered with when it is a repeat: for whoever has work to do before it. */
    async findRepeat(user: User, chatId: string, clientId: string): Promise<Sent | undefined> {
      const row = await store.messages.findByClientId(chatId, user.id, clientId)
      return row === undefined ? undefined : toSent(row, true)
    },

    /**
     * The messages from `first` to `last`, both included, newest first, as new as the chat is given at least. The
     * caller has checked membership.
     */
    async range({ id, rev }: Pick<Chat, 'id' | 'rev'>, first: number, last: number): Promise<Message[]> {
      return (await store.history.range({ id, last_rev: rev }, first, last)).map(toMessage)
    },

    /** Messages that wait for a flush. */
    waiting: lane.waiting,

    /** Resolves when all that was accepted is committed or refused. */
    drain: lane.drain,
  }
}

export type Messages = ReturnType<typeof createMessages>

function toSent(row: Pick<CommittedRow, 'id' | 'seq' | 'rev' | 'created_at'>, isDuplicate: boolean): Sent {
  const { id, seq, rev, created_at } = row
  const sent = { id, seq, rev, createdAt: created_at.toISOString() }
  return isDuplicate ? { ...sent, duplicate: true } : sent
}

function checkAttachments(ids: readonly string[], most: number | undefined): void {
  if (ids.length === 0) return
  if (most === undefined) throw new ParleyError('attachments_disabled')
  if (ids.length > most) throw new ParleyError('too_large', `attachments: at most ${most}`)
  if (!ids.every((id) => isUuid(id))) throw REFUSALS.attachment_not_found()
}

function toNewMessage(sending: Sending, row: CommittedRow): Message {
  return toMessage({
    chat_id: sending.chatId,
    seq: row.seq,
    rev: row.rev,
    changed_rev: row.rev,
    id: row.id,
    sender_id: sending.senderId,
    full_name: sending.senderName,
    kind: sending.kind,
    content: sending.content,
    metadata: sending.metadata,
    attachments: row.attachments,
    client_id: sending.clientId,
    created_at: row.created_at,
    edited_at: null,
    deleted_at: null,
  })
}
