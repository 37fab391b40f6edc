import type { Logger } from 'pino'
import { levelOf } from '../ports/database.js'
import type { JobQueue } from '../ports/job-queue.js'
import { ParleyError } from '../protocol/errors.js'
import type { ErasureRow } from '../store/erasure.js'
import type { Store } from '../store/store.js'
import { chatsOfUser } from './chats-of-user.js'
import type { CommitEvents } from './commit-events.js'
import { messageEvent } from './events.js'
import type { Inbox } from './inbox.js'
import type { Members } from './members.js'
import { newId } from './new-id.js'
import { createPace, type Run } from './pace.js'
import type { Users } from './users.js'
import { toMessage } from './views.js'

const JOB = 'erase-users'
const EVERY_SECONDS = 60
/** Within the time after which the next one begins, so that one node at a time is at it, as a rule. */
const RUN_MS = 50_000
/** Erasures of one run. */
const OPEN = 100
/** Numbers of a chat that are looked through in one statement. */
const WINDOW = 2000
/** Messages that become tombstones in one transaction, under the lock of their chat. */
const BATCH = 100
const REQUESTS = 1000

/** What an erased user is called, until a newer token says otherwise. */
export const ERASED_NAME = 'Erased user'

export interface ErasureOptions {
  readonly store: Store
  readonly jobs: JobQueue
  readonly users: Users
  readonly members: Members
  readonly commitEvents: CommitEvents
  readonly inbox: Inbox
  /** On every node. */
  readonly endSessions: (userId: string) => Promise<unknown>
  readonly logger: Logger
}

/**
 * One user's data are erased, by events like those of any other change, so that whoever is in a chat sees it happen in
 * its order: the user is taken out of the chat, and what the user has said in it becomes tombstones. The request is
 * written down; a job works on it step by step until nothing is left, and a node that dies midway leaves the rest to
 * the next run (docs/decisions/0017-retention-and-erasure.md).
 */
export function createErasure(options: ErasureOptions) {
  const { store, jobs, users, members, commitEvents, inbox, endSessions, logger } = options
  const pace = createPace(RUN_MS)
  let isRunning = false
  let isAsked = false

  /** All erasures that are open. Rejects while the database is away. */
  async function run(): Promise<void> {
    isAsked = true
    // Who asks meanwhile is served by the run that is under way.
    if (isRunning) return
    isRunning = true
    try {
      const run = pace.begin()
      while (isAsked && !run.isOver) {
        isAsked = false
        await store.erasure.settle()
        for (const erasure of await store.erasure.open(OPEN)) await eraseUser(run, erasure)
      }
    } finally {
      isRunning = false
    }
  }

  /** One that fails does not keep the others waiting: it is gone on with by the next run. */
  async function eraseUser(run: Run, erasure: ErasureRow): Promise<void> {
    const { id, user_id: userId } = erasure
    try {
      if (run.isOver) return
      await endSessions(userId)
      await rename(userId)
      for await (const chatIds of chatsOfUser(store, userId))
        for (const chatId of chatIds) if (!(await leave(run, erasure, chatId))) return
      for (let count = REQUESTS; count === REQUESTS && !run.isOver; )
        count = await run.step(async () => await store.erasure.removeRequests(userId, REQUESTS))
      if (run.isOver) return
      const done = await store.erasure.finish(id, newId())
      if (done === undefined) return
      const { chats, messages, attachments } = done
      logger.info({ erasure: id, userId, chats, messages, attachments }, 'a user is erased')
    } catch (error) {
      logger[levelOf(error)]({ erasure: id, userId, error }, 'a user could not be erased yet')
    }
  }

  /** The newest name counts: this one is to be it. */
  async function rename(userId: string): Promise<void> {
    const [known] = await store.users.names([userId])
    const namedAt = new Date(Math.max(Date.now(), known?.namedAt.getTime() ?? 0))
    await users.rename([{ id: userId, fullName: ERASED_NAME, namedAt }])
  }

  /** Out of the chat first: nothing more is said while what was said is erased. False when the run is over before. */
  async function leave(run: Run, erasure: ErasureRow, chatId: string): Promise<boolean> {
    const { id, user_id: userId } = erasure
    await run.step(async () => await removeMember(chatId, userId))
    const chat = await store.chats.find(chatId)
    const [lastSeq, lastRev] = [chat?.last_seq ?? 0, chat?.last_rev ?? 0]
    for (let first = chat?.first_seq ?? 1; first <= lastSeq; first += WINDOW) {
      if (run.isOver) return false
      const range = { chatId, first, last: first + WINDOW - 1 }
      const seqs = await run.step(async () => await store.erasure.seqsOf(userId, range))
      for (let start = 0; start < seqs.length && !run.isOver; start += BATCH)
        await run.step(async () => await empty(erasure, chatId, seqs.slice(start, start + BATCH)))
    }
    for (let first = chat?.first_rev ?? 1; first <= lastRev; first += WINDOW) {
      if (run.isOver) return false
      const range = { chatId, first, last: first + WINDOW - 1 }
      await run.step(async () => await store.erasure.renameInEvents(userId, ERASED_NAME, range))
    }
    if (run.isOver) return false
    await store.transaction(async (trx) => {
      const attachments = await store.erasure.removeUnsent(trx, userId, chatId)
      const isLast = await store.erasure.leave(trx, userId, chatId)
      await store.erasure.count(trx, id, { attachments, chats: isLast ? 1 : 0 })
    })
    return true
  }

  async function removeMember(chatId: string, userId: string): Promise<void> {
    try {
      await members.remove(chatId, userId)
    } catch (error) {
      const wasNone = error instanceof ParleyError && ['not_found', 'not_a_member'].includes(error.code)
      if (!wasNone) throw error
    }
  }

  /** One event for each message, as if each had been deleted by itself. */
  async function empty({ id }: ErasureRow, chatId: string, seqs: readonly number[]): Promise<void> {
    let isNewest = false
    await commitEvents(chatId, async (trx, chat, at) => {
      const messages = await store.erasure.messagesToErase(trx, chatId, seqs)
      const tombstones = messages.map((message, index) => ({ message, rev: chat.last_rev + 1 + index }))
      const emptied = await store.erasure.empty(trx, chatId, tombstones, at)
      const attachments = messages.reduce((sum, { attachments }) => sum + (attachments?.length ?? 0), 0)
      await store.erasure.count(trx, id, { messages: messages.length, attachments })
      isNewest = messages.some(({ seq }) => seq === chat.last_seq)
      return emptied.map((message) => ({
        kind: 'message_deleted',
        seq: message.seq,
        detail: {},
        tell: (_, rev) => messageEvent(toMessage(message), rev, 'message_deleted'),
      }))
    })
    if (isNewest) inbox.touch(chatId)
  }

  jobs.define(JOB, { retries: 0, retrySeconds: 1, expireSeconds: 900, everySeconds: EVERY_SECONDS }, run)

  return {
    run,
    stop: pace.stop,

    /** Has all of the user's data erased; answers the erasure that is under way when there is one. */
    async request(userId: string, actor: string): Promise<ErasureRow> {
      const erasure = await store.erasure.request(newId(), userId, actor)
      logger.info({ erasure: erasure.id, userId, actor }, 'an erasure is asked for')
      // It need not wait for the clock; where this fails it does.
      await jobs.add(JOB, {}).catch((error: unknown) => logger.warn({ error }, 'an erasure begins later'))
      return erasure
    },
  }
}

export type Erasure = ReturnType<typeof createErasure>
