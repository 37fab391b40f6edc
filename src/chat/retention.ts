import type { Logger } from 'pino'
import type { JobQueue } from '../ports/job-queue.js'
import { type ChatType, chatType } from '../protocol/objects.js'
import type { Taking } from '../store/retention.js'
import type { Store } from '../store/store.js'
import { createPace, type Run } from './pace.js'

const JOB = 'take-old'
const EVERY_SECONDS = 300
/** Well within the time after which the next one begins, so that one node at a time is at it. */
const RUN_MS = 240_000
/** Chats of one step, and of each so many messages, and so many other events. */
const CHATS = 20
const ROWS = 100
/** Steps whose rows are removed together, and entries of the audit. */
const STEPS = 20
const ENTRIES = 1000
/** Rows stay for so long after nobody is told of them any more: longer than a read that had begun before takes. */
const TAKEN_SECONDS = 60

export interface RetentionOptions {
  readonly store: Store
  readonly jobs: JobQueue
  /** How long messages are kept, by the type of their chat, and the audit; 0: for ever. */
  readonly days: Readonly<Record<ChatType | 'audit', number>>
  readonly logger: Logger
  readonly takenSeconds?: number
}

/**
 * Takes messages by their age: of each chat the oldest ones, with their attachments and the events of their time. It
 * is done in small steps by one node of the cluster, and a run that breaks off is made good by the next: what is to
 * be removed is written down with the marks (store/retention.ts).
 */
export function createRetention({
  store,
  jobs,
  days,
  logger,
  takenSeconds = TAKEN_SECONDS,
}: RetentionOptions) {
  const pace = createPace(RUN_MS)

  async function take(run: Run, type: ChatType, before: Date): Promise<number> {
    let messages = 0
    let due = 1
    // When all of them were locked, the next step waits its turn.
    for (let waits = false; due > 0 && !run.isOver; ) {
      const step: Taking = { type, before, chats: CHATS, rows: ROWS, waits }
      const taken = await run.step(async () => await store.retention.take(step))
      due = taken.due
      waits = taken.moved === 0
      messages += taken.messages
    }
    return messages
  }

  async function removeTaken(run: Run): Promise<{ messages: number; attachments: number }> {
    const removed = { messages: 0, attachments: 0 }
    for (let count = STEPS; count === STEPS && !run.isOver; ) {
      const done = await run.step(async () => await store.retention.removeTaken(takenSeconds, STEPS))
      removed.messages += done.messages
      removed.attachments += done.attachments
      count = done.steps
    }
    return removed
  }

  async function removeAudit(run: Run): Promise<number> {
    let entries = 0
    if (days.audit === 0) return entries
    const before = daysAgo(days.audit)
    for (let count = ENTRIES; count === ENTRIES && !run.isOver; entries += count)
      count = await run.step(async () => await store.audit.removeBefore(before, ENTRIES))
    return entries
  }

  /** Rejects while the database is away. */
  async function run(): Promise<void> {
    const run = pace.begin()
    const taken: Partial<Record<ChatType, number>> = {}
    for (const type of chatType.options)
      if (days[type] > 0) taken[type] = await take(run, type, daysAgo(days[type]))
    // Also when nothing is taken any more: an earlier setting may have left something.
    const removed = await removeTaken(run)
    const auditEntries = await removeAudit(run)
    const counts = [...Object.values(taken), ...Object.values(removed), auditEntries]
    if (counts.some((count) => count > 0)) logger.info({ taken, removed, auditEntries }, 'took what was old')
  }

  jobs.define(JOB, { retries: 0, retrySeconds: 1, expireSeconds: 900, everySeconds: EVERY_SECONDS }, run)

  return { run, stop: pace.stop }
}

function daysAgo(days: number): Date {
  return new Date(Date.now() - days * 24 * 60 * 60 * 1000)
}
